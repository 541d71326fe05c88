import { type ModelSpec, noPictures, type TensorModelSpec, takesPictures } from '../domain/modelSpec.ts';
import { prepareGraph } from '../models/prepare.ts';
import type { Opened } from '../pipeline/opened.ts';
import { type OpenModelOptions, openModel, type PrepareGraph } from '../pipeline/openModel.ts';
import { openTensorModel } from '../pipeline/openTensorModel.ts';
import { runBatch } from '../pipeline/pipeline.ts';

/** Opens a package as its task has it. Rejects with Fault `model_invalid` where no execution provider can. */
export async function openPackage(spec: ModelSpec, options: OpenModelOptions): Promise<Opened> {
  const prepare: PrepareGraph = (variant) => prepareGraph(spec, variant);
  if (takesPictures(spec)) {
    const model = await openModel(spec, prepare, options);
    return opened(model, (jobs, settle) => runBatch(model, jobs, settle));
  }
  const model = await openTensorModel(spec as TensorModelSpec, prepare, options);
  return opened(model, async (jobs, settle) => {
    for (const index of jobs.keys()) settle(index, { fault: noPictures(spec.ref) });
  });
}

type OpenedGraph = Pick<Opened, 'spec' | 'provider' | 'fused' | 'note' | 'signature' | 'warmUp' | 'close'> &
  Opened['tensors'];

function opened(model: OpenedGraph, segment: Opened['segment']): Opened {
  const { spec, provider, fused, signature } = model;
  return {
    spec,
    provider,
    fused,
    signature,
    get note() {
      return model.note; // a tensor model's grows while it warms up
    },
    tensors: model,
    segment,
    warmUp: () => model.warmUp(),
    close: () => model.close(),
  };
}
