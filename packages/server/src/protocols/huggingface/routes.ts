import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import type { WireServices } from '../../domain/wire.ts';
import { bearsToken } from '../wire/bearer.ts';
import { errorReply } from './faults.ts';
import { healthRoutes } from './healthRoutes.ts';
import { inferenceRoute } from './inferenceRoute.ts';
import { type ModelNames, modelNames } from './modelNames.ts';
import type { HuggingfaceSettings } from './settings.ts';
import { statusRoute } from './statusRoute.ts';

/** Every address of the wire; README.md describes them. */
export function routes(services: WireServices, settings: HuggingfaceSettings): FastifyPluginAsync {
  const { engine } = services;
  const names: ModelNames = modelNames(settings, (ref) => isKnown(engine, ref));
  return async (app: FastifyInstance) => {
    healthRoutes(app, engine, names);
    await app.register(async (guarded) => {
      const { token } = settings;
      if (token !== undefined) guarded.addHook('onRequest', (request, reply) => refuseStranger(request, reply, token));
      statusRoute(guarded, engine, names);
      inferenceRoute(guarded, names, services, settings);
    });
  };
}

function isKnown(engine: Engine, ref: string): boolean {
  try {
    engine.model(ref);
    return true;
  } catch {
    return false;
  }
}

/** Before a byte of the body is read. */
async function refuseStranger({ headers }: FastifyRequest, reply: FastifyReply, token: string) {
  if (bearsToken(headers.authorization, token)) return;
  const error = 'Invalid credentials in Authorization header';
  const { status, body, headers: own } = errorReply(401, { error });
  await reply
    .code(status)
    .headers({ ...own, 'www-authenticate': 'Bearer' })
    .send(body);
}
