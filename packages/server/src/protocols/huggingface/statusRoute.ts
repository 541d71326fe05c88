import type { ModelDetail } from '@segserve/contract';
import type { FastifyInstance } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import { computeTypeOf } from './computeType.ts';
import { type Named, nameOf } from './inferenceRoute.ts';
import type { ModelNames } from './modelNames.ts';

const stateWords: Readonly<Record<ModelDetail['state'], string>> = {
  ready: 'Loaded',
  loading: 'Loadable',
  unloaded: 'Loadable',
  failed: 'error',
};

/** What `get_model_status` of older releases of huggingface_hub asks. */
export function statusRoute(app: FastifyInstance, engine: Engine, names: ModelNames): void {
  for (const url of ['/status/:name', '/status/:org/:name']) {
    app.get(url, async (request: Named, reply) => {
      const model = engine.model(names.refOf(nameOf(request)));
      const status = {
        loaded: model.state === 'ready',
        state: stateWords[model.state],
        compute_type: computeTypeOf(model) ?? 'unknown',
        framework: 'onnxruntime',
      };
      return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(status)));
    });
  }
}
