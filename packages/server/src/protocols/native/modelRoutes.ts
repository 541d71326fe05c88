import type { ModelDetail, ModelSummary } from '@segserve/contract';
import type { FastifyInstance } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import { elapsedMs } from '../wire/elapsed.ts';
import { serverTiming } from '../wire/serverTiming.ts';

/** `GET /v1/models` and `GET /v1/models/{model}`. */
export function modelRoutes(app: FastifyInstance, engine: Engine): void {
  app.get('/v1/models', async (request, reply) => {
    reply.header('server-timing', serverTiming(undefined, elapsedMs(request)));
    return { models: engine.models().map(summaryOf) };
  });
  app.get<{ Params: { model: string } }>('/v1/models/:model', async (request, reply) => {
    const model = engine.model(request.params.model);
    reply.header('x-segserve-model', `${model.name}:${model.version}`);
    reply.header('server-timing', serverTiming(undefined, elapsedMs(request)));
    return model;
  });
}

function summaryOf(model: ModelDetail): ModelSummary {
  const { name, version, task, state, description, licence, nonCommercial, answers } = model;
  return { name, version, task, state, description, licence, nonCommercial, answers };
}
