import type { FastifyInstance } from 'fastify';
import type { Engine } from '../../../domain/engineDoor.ts';
import { Fault } from '../../../domain/fault.ts';
import { notFoundPage, welcomePages } from '../pages.ts';
import type { StrictMetrics } from './metrics.ts';
import { jsonHeaders, sendStrict, strictFailure, strictSuccess } from './strictReply.ts';
import { freeWorkers } from './workers.ts';

/** Answered without a token: those who watch a server are not those who use it. */
export const openPaths: ReadonlySet<string> = new Set(['/healthz', '/ready', '/metrics']);

/** What Fastify calls bytes that nobody has named. */
const madeUp = 'application/octet-stream';

export interface HealthFacts {
  readonly engine: Engine;
  readonly metrics: StrictMetrics;
  /** OpenAPI document. */
  readonly document: unknown;
}

/** What a strict server tells of itself. */
export function healthRoutes(app: FastifyInstance, { engine, metrics, document }: HealthFacts): void {
  const config = { duringShutdown: true };
  app.get('/healthz', { config }, async (_request, reply) => sendStrict(reply, strictSuccess('')));
  app.get('/ready', { config }, async (_request, reply) => {
    const isReady = engine.notReady() === undefined && freeWorkers(engine) > 0;
    const notReady = new Fault('model_not_ready', 'Nothing is loaded yet, or every worker is busy.');
    return sendStrict(reply, isReady ? strictSuccess('') : strictFailure(notReady));
  });
  app.get('/metrics', { config }, async (_request, reply) => {
    const { contentType, text } = await metrics.text();
    return reply.header('content-type', contentType).header('cache-control', 'no-store').send(text);
  });
  app.get('/openapi.json', async (_request, reply) =>
    reply.headers(jsonHeaders).send(Buffer.from(JSON.stringify(document))),
  );
  for (const [target, page] of welcomePages) {
    app.all(target, {
      // As the older eras: any verb, no type.
      onSend: async (_request, reply) => {
        if (reply.getHeader('content-type') === madeUp) reply.removeHeader('content-type');
      },
      handler: async (request, reply) => reply.send(Buffer.from(request.raw.url === target ? page : notFoundPage)),
    });
  }
}
