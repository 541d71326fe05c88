import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import { classified } from './classification.ts';
import type { InferCaller, InferOutput, InferReply, InferRequest } from './inferRequest.ts';
import type { ServedModel } from './modelNames.ts';
import { answerPictures } from './pictureInference.ts';
import type { OipOptions } from './settings.ts';
import type { InferencePart, Statistics } from './statistics.ts';
import { fromEngineTensor, toEngineTensor } from './wireTensor.ts';

/** The input that takes encoded pictures, where the graph itself has no BYTES input of this name. */
export const imageInputName = 'image';

/** What an inference gave, and what it cost. */
export interface Inferred {
  readonly outputs: readonly InferOutput[];
  readonly parts: readonly InferencePart[];
}

export interface InferenceHouse {
  readonly engine: Engine;
  readonly statistics: Statistics;
  readonly options: OipOptions;
}

/** One request, of whatever form, through the engine. Throws Fault. */
export async function infer(
  house: InferenceHouse,
  served: ServedModel,
  request: InferRequest,
  caller: InferCaller,
): Promise<InferReply> {
  const started = performance.now();
  const deadline = deadlineOf(request, caller);
  const limited: InferCaller = { ...caller, deadlineMs: deadline };
  try {
    const { outputs, parts } = isPictureRequest(house.engine, served, request)
      ? await answerPictures(house, served, request, limited)
      : await runTensors(house, served, request, limited);
    house.statistics.succeeded(served.ref, performance.now() - started, parts);
    return { model: served.name, version: served.version, id: request.id, outputs };
  } catch (error) {
    house.statistics.failed(served.ref, performance.now() - started);
    throw error;
  }
}

function isPictureRequest(engine: Engine, served: ServedModel, { inputs }: InferRequest): boolean {
  const [only] = inputs;
  return inputs.length === 1 && only?.name === imageInputName && only.type === 'bytes' && takesPictures(engine, served);
}

/** Whether BYTES in the input `image` are pictures: the model knows of pictures, and the graph has no such text input. */
export function takesPictures(engine: Engine, { ref, detail }: ServedModel): boolean {
  if (detail.task === 'tensor') return false;
  try {
    return !engine.signature(ref).inputs.some(({ name, type }) => name === imageInputName && type === 'string');
  } catch {
    // A graph that no worker has read yet is the engine's to tell of.
    return true;
  }
}

/** `timeout` is in microseconds: Triton's `extension_schedule_policy.md`. 0 means none. */
function deadlineOf({ parameters }: InferRequest, { deadlineMs }: InferCaller): number | undefined {
  const { timeout } = parameters;
  if (timeout === undefined || timeout === 0) return deadlineMs;
  if (typeof timeout !== 'number' || !Number.isInteger(timeout) || timeout < 0) {
    throw Fault.expected('invalid_request', '`timeout` to be a whole number of microseconds', String(timeout));
  }
  return Math.min(Math.max(1, Math.ceil(timeout / 1000)), deadlineMs ?? Number.POSITIVE_INFINITY);
}

async function runTensors(
  { engine }: InferenceHouse,
  { ref, detail }: ServedModel,
  request: InferRequest,
  { signal, requestId, deadlineMs }: InferCaller,
): Promise<Inferred> {
  const wanted = [...new Set(request.outputs.map(({ name }) => name))];
  const { outputs, timings } = await engine.infer({
    model: ref,
    inputs: request.inputs.map(toEngineTensor),
    signal,
    requestId,
    ...(wanted.length === 0 ? {} : { outputs: wanted }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  const labels = detail.labels.map(({ label }) => label);
  const tensors = outputs.map((output) => {
    const tensor = fromEngineTensor(output);
    const count = request.outputs.find(({ name }) => name === output.name)?.classification ?? 0;
    return { tensor: count === 0 ? tensor : classified(tensor, count, labels) };
  });
  return { outputs: tensors, parts: [{ timings, batchSize: 1 }] };
}
