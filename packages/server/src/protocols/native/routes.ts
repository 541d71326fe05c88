import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import { markArrival } from '../wire/elapsed.ts';
import { docsRoutes } from './docsRoutes.ts';
import { problemReply } from './faults.ts';
import { healthRoutes, type MetricsText } from './healthRoutes.ts';
import { modelRoutes } from './modelRoutes.ts';
import { openApiDocument } from './openapi.ts';
import { pageRoutes } from './pageRoutes.ts';
import { segmentRoute } from './segmentRoute.ts';

export interface NativeWireOptions {
  readonly engine: Engine;
  /** Of segserve, for the OpenAPI document and the front page. */
  readonly version: string;
  /** Text of /metrics; absent: no such address. */
  readonly metrics?: MetricsText;
}

/** The native HTTP API as a Fastify plugin; README.md describes it. */
export function nativeWire({ engine, version, metrics }: NativeWireOptions): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    const document = openApiDocument(version);
    app.addHook('onRequest', async (request) => markArrival(request));
    app.setErrorHandler((error, request, reply) => {
      const { status, headers, body } = problemReply(error, request.id);
      return reply.code(status).headers(headers).send(body);
    });
    segmentRoute(app, engine);
    modelRoutes(app, engine);
    healthRoutes(app, engine, metrics);
    pageRoutes(app, engine, version);
    app.get('/openapi.json', async () => document);
    await docsRoutes(app, document);
  };
}
