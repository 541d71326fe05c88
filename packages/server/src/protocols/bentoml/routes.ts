import type { FastifyInstance, FastifyPluginAsync, FastifyRequest } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import { elapsedMs, markArrival } from '../wire/elapsed.ts';
import { otherAddresses } from './addresses.ts';
import type { Bundle } from './bundle.ts';
import { bentoFaultReply } from './faults.ts';
import { inferenceRoute, sendFault } from './inferenceRoute.ts';
import { infraRoutes } from './infraRoutes.ts';
import type { Instruments } from './instruments.ts';
import { corsHeaders } from './replyHeaders.ts';

/** Every address of one bundle. */
export function bentomlRoutes(bundle: Bundle, engine: Engine, instruments: Instruments): FastifyPluginAsync {
  return async (app: FastifyInstance) => {
    count(app, instruments);
    takeAnyType(app);
    app.setErrorHandler((error, _request, reply) => sendFault(reply, bentoFaultReply(error, bundle)));
    if (bundle.cors?.enabled) openToPages(app, bundle);
    infraRoutes(app, bundle, instruments);
    for (const api of bundle.apis) inferenceRoute(app, bundle, api, { engine, instruments });
  };
}

/** Every reply counts under the path of its route, which is the path of the request but for the files of the page. */
function count(app: FastifyInstance, instruments: Instruments): void {
  const started = new WeakSet<FastifyRequest>();
  app.addHook('onRequest', async (request) => {
    markArrival(request);
    started.add(request);
    instruments.started(endpointOf(request), request.method);
  });
  app.addHook('onResponse', async (request, reply) => {
    const endpoint = endpointOf(request);
    const seconds = elapsedMs(request) / 1000;
    // What the listener refuses by its headers alone has not come this far.
    if (started.has(request)) {
      instruments.ended({ endpoint, method: request.method, status: reply.statusCode, seconds });
    } else instruments.refused(endpoint, reply.statusCode);
  });
}

/** A body of any Content-Type is a file, also of one that is none; the framework would refuse that. */
function takeAnyType(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers }) => {
    const type = headers['content-type'];
    if (type !== undefined && !/^[^\s;/]+\/[^\s;/]+/.test(type)) headers['content-type'] = 'application/octet-stream';
  });
}

function endpointOf({ routeOptions }: FastifyRequest): string {
  return routeOptions.url ?? otherAddresses;
}

/** `bento_server.cors`: pages of other origins may read every reply. */
function openToPages(app: FastifyInstance, { cors }: Bundle): void {
  app.addHook('onSend', async (request, reply) => {
    reply.headers(corsHeaders(cors, request.headers.origin));
  });
}
