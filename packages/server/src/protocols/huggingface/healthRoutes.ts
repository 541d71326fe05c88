import type { FastifyInstance, FastifyReply } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import { errorReply } from './faults.ts';
import { type Named, nameOf } from './inferenceRoute.ts';
import type { ModelNames } from './modelNames.ts';

/** What a client adds to the address that it was given, whichever form that has. */
const ofModels = ['/models', '/hf-inference/models'].flatMap((base) => [
  `${base}/:name/health`,
  `${base}/:org/:name/health`,
]);

/** Whether there is anybody to ask; open to all, since those who watch a server are not those who use it. */
export function healthRoutes(app: FastifyInstance, engine: Engine, names: ModelNames): void {
  const config = { duringShutdown: true };
  for (const url of ['/', '/health']) {
    app.get(url, { config }, async (_request, reply) => {
      const reason = engine.notReady();
      return reason === undefined ? sendOk(reply) : sendNotReady(reply, reason);
    });
  }
  for (const url of ofModels) {
    app.get(url, { config }, async (request: Named, reply) => {
      const { name, version, state } = engine.model(names.refOf(nameOf(request)));
      return state === 'ready' ? sendOk(reply) : sendNotReady(reply, `${name}:${version} is ${state}.`);
    });
  }
}

function sendOk(reply: FastifyReply): FastifyReply {
  return reply.header('content-type', 'text/plain; charset=utf-8').send('Ok');
}

/** Without a time: nobody knows it, and who asks will ask again. */
function sendNotReady(reply: FastifyReply, error: string): FastifyReply {
  const { status, headers, body } = errorReply(503, { error });
  return reply.code(status).headers(headers).send(body);
}
