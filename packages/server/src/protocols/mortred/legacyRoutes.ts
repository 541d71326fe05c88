import { METHODS } from 'node:http';
import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { callerLeft } from '../wire/callerLeft.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import { envelope } from './envelope.ts';
import { type LegacyFacts, legacyAnswer } from './legacyAnswer.ts';
import { notFoundPage, welcomePages } from './pages.ts';

/** Eras A and B: every verb, the whole target compared as it was sent, 200 whatever happens, and no Content-Type. */
export function legacyRoutes(endpoints: Endpoints, facts: LegacyFacts): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    takeEveryVerb(app);
    // Fastify refuses a Content-Type that is none; the originals never look at it.
    app.addHook('onRequest', async (request) => {
      request.headers['content-type'] = 'application/json';
    });
    for (const [target, page] of welcomePages)
      app.all(target, async (request, reply) => send(request, reply, target, page));
    for (const endpoint of endpoints.values()) {
      app.all(endpoint.uri, async (request, reply) => answerAt(endpoint, facts, request, reply));
    }
  };
}

async function answerAt(
  endpoint: Endpoint,
  facts: LegacyFacts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (request.raw.url !== endpoint.uri) return send(request, reply, endpoint.uri, '');
  const outcome = await legacyAnswer(endpoint, facts, {
    body: request.body as Buffer | undefined,
    requestId: request.id,
    signal: callerLeft(reply.raw),
  });
  return send(request, reply, endpoint.uri, envelope(outcome));
}

/** The router takes an address for more than its own letters (`/x/`, `//x`, `/x?y`, `/%78`); the originals do not. */
function send(request: FastifyRequest, reply: FastifyReply, target: string, body: string): FastifyReply {
  return reply.code(200).send(Buffer.from(request.raw.url === target ? body : notFoundPage));
}

function takeEveryVerb(app: FastifyInstance): void {
  const known: readonly string[] = app.supportedMethods;
  // CONNECT never comes as a request: Node has an event of its own for it.
  for (const method of METHODS.filter((name) => name !== 'CONNECT' && !known.includes(name))) {
    app.addHttpMethod(method, { hasBody: true });
  }
}
