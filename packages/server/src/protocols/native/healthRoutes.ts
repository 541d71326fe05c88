import type { FastifyInstance } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import { problemOf } from './faults.ts';

/** The text of /metrics and its type. */
export type MetricsText = () => Promise<{ readonly contentType: string; readonly text: string }>;

/** `/livez`, `/readyz` and, where there is something to tell, `/metrics`. */
export function healthRoutes(app: FastifyInstance, engine: Engine, metrics: MetricsText | undefined): void {
  const config = { duringShutdown: true };
  app.get('/livez', { config }, async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { status: 'alive' };
  });
  app.get('/readyz', { config }, async (request, reply) => {
    reply.header('cache-control', 'no-store');
    const reason = engine.notReady();
    if (reason === undefined) return { status: 'ready' };
    const problem = problemOf(new Fault('model_not_ready', reason, { retryAfterMs: 1000 }), request.id);
    reply.code(503).header('retry-after', '1').type('application/problem+json');
    // Bytes: to anything else Fastify adds a charset, which this type does not have.
    return Buffer.from(JSON.stringify({ ...problem, title: 'Not ready' }));
  });
  if (metrics === undefined) return;
  app.get('/metrics', { config }, async (_request, reply) => {
    const { contentType, text } = await metrics();
    return reply.header('cache-control', 'no-store').header('content-type', contentType).send(text);
  });
}
