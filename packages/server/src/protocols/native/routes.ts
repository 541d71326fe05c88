import type { FastifyInstance } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import { KeptPictures } from '../../domain/keptPictures.ts';
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
  /** Pictures that requests may name by their digest; absent: none. */
  readonly pictures?: KeptPictures;
  /** Pictures of one request; 16 when absent. */
  readonly imagesPerRequestMax?: number;
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

async function nativeRoutes(app: FastifyInstance, options: NativeWireOptions): Promise<void> {
  const { engine, version, metrics, pictures = new KeptPictures({ bytesMax: 0 }), imagesPerRequestMax = 16 } = options;
  const document = openApiDocument(version);
  app.addHook('onRequest', async (request) => markArrival(request));
  segmentRoute(app, engine, pictures, imagesPerRequestMax);
  modelRoutes(app, engine);
  healthRoutes(app, engine, metrics);
  pageRoutes(app, engine, version);
  app.get('/openapi.json', async () => document);
  await docsRoutes(app, document);
}
