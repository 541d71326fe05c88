import type { FastifyInstance } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import type { Wire } from '../../domain/wire.ts';
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

/** The native HTTP API; README.md describes it. */
export function nativeWire(options: NativeWireOptions): Wire {
  return {
    name: 'native',
    http: {
      routes: (app) => nativeRoutes(app, options),
      answerFault: (error, { id }) => problemReply(error, id),
    },
  };
}

async function nativeRoutes(app: FastifyInstance, { engine, version, metrics }: NativeWireOptions): Promise<void> {
  const document = openApiDocument(version);
  app.addHook('onRequest', async (request) => markArrival(request));
  segmentRoute(app, engine);
  modelRoutes(app, engine);
  healthRoutes(app, engine, metrics);
  pageRoutes(app, engine, version);
  app.get('/openapi.json', async () => document);
  await docsRoutes(app, document);
}
