import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import { inflateBody } from '../wire/inflateBody.ts';
import { type JsonObject, readJsonDocument } from '../wire/jsonDocument.ts';
import { asObject } from '../wire/jsonFields.ts';
import { extensions } from './describe.ts';
import { logSettings, refuseChanges, traceSettings } from './fixedSettings.ts';
import { statisticsJson } from './formatStatistics.ts';
import { inferRoute } from './inferRoute.ts';
import type { OipHouse } from './oipHouse.ts';
import { parametersOf } from './parameters.ts';
import { noSharedMemory } from './unsupported.ts';

type ModelRequest = FastifyRequest<{ Params: { model: string; version?: string } }>;

/** Every address of the protocol over HTTP. */
export async function oipRoutes(app: FastifyInstance, house: OipHouse): Promise<void> {
  // Clients of Triton know compressed replies to inference requests only, and those are compressed there.
  app.addHook('onRequest', async (request) => {
    request.headers['x-no-compression'] = 'of its own';
  });
  serverRoutes(app, house);
  modelRoutes(app, house);
  repositoryRoutes(app, house);
  settingRoutes(app);
  sharedMemoryRoutes(app);
}

function serverRoutes(app: FastifyInstance, { engine, version }: OipHouse): void {
  const config = { duringShutdown: true };
  app.get('/v2', async (_request, reply) => sendJson(reply, { name: 'segserve', version, extensions }));
  app.get('/v2/health/live', { config }, async (_request, reply) => sendJson(reply, { live: true }));
  app.get('/v2/health/ready', { config }, async (_request, reply) => {
    const ready = engine.notReady() === undefined;
    return health(reply, ready, { live: true, ready });
  });
}

function modelRoutes(app: FastifyInstance, house: OipHouse): void {
  const { names, descriptions } = house;
  const served = ({ params }: ModelRequest) => names.one(params.model, params.version ?? '');
  app.get('/v2/models', async (_request, reply) => {
    return sendJson(reply, { models: [...new Set(names.all().map(({ name }) => name))] });
  });
  app.get('/v2/models/stats', async (_request, reply) => sendJson(reply, statisticsJson(house, names.all())));
  for (const path of ['/v2/models/:model', '/v2/models/:model/versions/:version']) {
    app.get(path, async (request: ModelRequest, reply) => sendJson(reply, descriptions.metadata(served(request))));
    app.get(`${path}/config`, async (request: ModelRequest, reply) => {
      return sendJson(reply, descriptions.config(served(request)));
    });
    app.get(`${path}/ready`, async (request: ModelRequest, reply) => {
      const { model, version = '' } = request.params;
      const ready = house.isReady(model, version);
      return health(reply, ready, { name: model, ready });
    });
    app.get(`${path}/stats`, async (request: ModelRequest, reply) => {
      const { model, version } = request.params;
      const models = version === undefined ? names.versionsOf(model) : [served(request)];
      return sendJson(reply, statisticsJson(house, models));
    });
    app.post(`${path}/infer`, async (request: ModelRequest, reply) => {
      return inferRoute(house, served(request), request, reply);
    });
  }
}

function repositoryRoutes(app: FastifyInstance, { repository }: OipHouse): void {
  app.post('/v2/repository/index', async (request, reply) => {
    const { ready = false } = await jsonBody(request);
    if (typeof ready !== 'boolean')
      throw Fault.expected('invalid_request', '`ready` to be true or false', typeof ready);
    return sendJson(reply, repository.index(ready));
  });
  app.post('/v2/repository/models/:model/load', async (request: ModelRequest, reply) => {
    const { parameters } = await jsonBody(request);
    await repository.load(request.params.model, Object.keys(parametersOf(parameters, 'the request')));
    return sendJson(reply, undefined);
  });
  app.post('/v2/repository/models/:model/unload', async (request: ModelRequest, reply) => {
    await jsonBody(request);
    await repository.unload(request.params.model);
    return sendJson(reply, undefined);
  });
}

function settingRoutes(app: FastifyInstance): void {
  for (const path of ['/v2/trace/setting', '/v2/models/:model/trace/setting']) {
    app.get(path, async (_request, reply) => sendJson(reply, traceSettings));
    app.post(path, async (request, reply) => {
      refuseChanges('trace', await jsonBody(request));
      return sendJson(reply, traceSettings);
    });
  }
  app.get('/v2/logging', async (_request, reply) => sendJson(reply, logSettings));
  app.post('/v2/logging', async (request, reply) => {
    refuseChanges('log', await jsonBody(request));
    return sendJson(reply, logSettings);
  });
}

/** There is none, so the list of regions is empty, and all of them can be forgotten. */
function sharedMemoryRoutes(app: FastifyInstance): void {
  for (const kind of ['systemsharedmemory', 'cudasharedmemory']) {
    app.get(`/v2/${kind}/status`, async (_request, reply) => sendJson(reply, []));
    app.post(`/v2/${kind}/unregister`, async (_request, reply) => sendJson(reply, undefined));
    app.get(`/v2/${kind}/region/:region/status`, async () => {
      throw noSharedMemory();
    });
    for (const action of ['register', 'unregister']) {
      app.post(`/v2/${kind}/region/:region/${action}`, async () => {
        throw noSharedMemory();
      });
    }
  }
}

/** Triton tells by the status alone, where 400 means no; the protocol itself has a body (`inference_rest.md`), and no status. */
function health(reply: FastifyReply, isGood: boolean, body: object): FastifyReply {
  return sendJson(reply.code(isGood ? 200 : 400), body);
}

function sendJson(reply: FastifyReply, body: unknown): FastifyReply {
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body));
  return reply.header('content-type', 'application/json').header('cache-control', 'no-store').send(bytes);
}

/** An object, without fields when there is no body. */
async function jsonBody(request: FastifyRequest): Promise<JsonObject> {
  const sent = request.body as Buffer | undefined;
  if (sent === undefined || sent.length === 0) return {};
  const body = await inflateBody(sent, request.headers['content-encoding'], 1024 * 1024);
  return asObject(await readJsonDocument(body), 'the body');
}
