import { isChain } from '../domain/chainSpec.ts';
import { Fault } from '../domain/fault.ts';
import {
  hasGraph,
  isPromptable,
  type ModelSpec,
  noPictures,
  type TensorModelSpec,
  takesPictures,
} from '../domain/modelSpec.ts';
import { prepareGraph } from '../models/prepare.ts';
import { openChain } from '../pipeline/chain/openChain.ts';
import type { Opened } from '../pipeline/opened.ts';
import { type OpenModelOptions, openModel, type PrepareGraph } from '../pipeline/openModel.ts';
import { openTensorModel } from '../pipeline/openTensorModel.ts';
import { runBatch } from '../pipeline/pipeline.ts';
import { openPromptable } from '../pipeline/promptable/openPromptable.ts';
import { segmentPrompts } from '../pipeline/promptable/segmentPrompts.ts';

/**
 * Opens a package as its task has it; a chain with its `parts`, which are open. Rejects with Fault `model_invalid` where no
 * execution provider can.
 */
export async function openPackage(
  spec: ModelSpec,
  options: OpenModelOptions,
  parts: ReadonlyMap<string, Opened> = new Map(),
): Promise<Opened> {
  if (isChain(spec)) return openChain(spec, parts);
  if (!hasGraph(spec)) throw new Fault('model_invalid', `${spec.ref}: the packages that its stages name are not here.`);
  const prepare: PrepareGraph = (variant) => prepareGraph(spec, variant);
  if (takesPictures(spec)) {
    const model = await openModel(spec, prepare, options);
    return opened(model, (jobs, settle) => runBatch(model, jobs, settle));
  }
  if (isPromptable(spec)) {
    const model = await openPromptable(spec, prepare, options);
    return opened(model, (jobs, settle) => segmentPrompts(model, jobs, settle));
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
