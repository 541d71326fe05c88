import type { Timings } from '@segserve/contract';
import { Tensor as NativeTensor } from 'onnxruntime-node';
import { Fault } from '../domain/fault.ts';
import { type ElementType, elementBytes, elementTypes, type NumberTensor, type Tensor } from '../domain/tensor.ts';
import { halfTensor } from './halfTensor.ts';
import type { Session } from './session.ts';

export interface TensorRun {
  /** Checked against the model's signature. */
  readonly inputs: readonly Tensor[];
  /** Names of the outputs that are wanted, in the order of the reply. */
  readonly outputs: readonly string[];
  /** Bytes that all outputs may have together. */
  readonly bytesMax: number;
  readonly signal: AbortSignal;
}

/** A model with a session of the graph as it was exported, opened now if it must be. */
export interface TensorModel {
  session(variant: 'exported'): Promise<Session> | Session;
}

/**
 * One run of the graph as it was exported: tensors in, tensors out, alone. Callers' tensors are never joined into one
 * run: only the graph knows whether its first side is a batch. Rejects with a Fault.
 */
export async function runTensors(
  model: TensorModel,
  { inputs, outputs, bytesMax, signal }: TensorRun,
): Promise<{ readonly outputs: readonly Tensor[]; readonly timings: Timings }> {
  const session = await model.session('exported');
  // The session may have been opened just now, and this thread may have been busy: the caller may have left meanwhile.
  await new Promise((resolve) => setImmediate(resolve));
  if (signal.aborted) throw new Fault('cancelled', 'The caller left before the answer was ready.');
  const feeds = Object.fromEntries(inputs.map((tensor) => [tensor.name, nativeOf(tensor)]));
  const started = performance.now();
  const made = await session.runNamed(feeds, outputs);
  const infer = performance.now() - started;
  checkSize(made, bytesMax);
  const timings = { queue: 0, decode: 0, preprocess: 0, infer, postprocess: 0, encode: 0 };
  return { outputs: made.map((tensor, index) => tensorOf(outputs[index]!, tensor)), timings };
}

/** What the runtime reads of each type. `bool` is a byte, and float16 has no numbers of its own in older runtimes. */
const viewOf = {
  bool: Uint8Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float16: Uint16Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

export function nativeOf(tensor: Tensor): NativeTensor {
  const { dims } = tensor;
  if (tensor.type === 'string') return new NativeTensor('string', [...tensor.strings], dims);
  const data = aligned(tensor);
  if (tensor.type === 'float16') return halfTensor(data as Uint16Array, dims);
  return new NativeTensor(tensor.type, data as NativeTensor.DataTypeMap[typeof tensor.type], dims);
}

/** The same bytes as numbers: where they lie if they lie right, otherwise a copy. */
function aligned({ type, bytes }: NumberTensor): InstanceType<(typeof viewOf)[NumberTensor['type']]> {
  const size = elementBytes[type];
  const fits = bytes.byteOffset % size === 0;
  const { buffer, byteOffset, byteLength } = fits ? bytes : new Uint8Array(bytes);
  return new viewOf[type](buffer as ArrayBuffer, byteOffset, byteLength / size);
}

/** Before anything is copied or sent: the reply is held by this process, the channel and the gateway. */
function checkSize(made: readonly NativeTensor[], bytesMax: number): void {
  const bytes = made.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  if (bytes <= bytesMax) return;
  throw Fault.expected('invalid_request', `tensors whose outputs have at most ${bytesMax} bytes`, `${bytes} bytes`);
}

function bytesOf({ data }: NativeTensor): number {
  if (ArrayBuffer.isView(data)) return data.byteLength;
  return (data as readonly string[]).reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

function tensorOf(name: string, { type, dims, data }: NativeTensor): Tensor {
  if (type === 'string') return { name, type, dims, strings: data as string[] };
  if (!ArrayBuffer.isView(data) || !isElementType(type)) {
    throw new Fault('model_invalid', `Output "${name}" is of type ${type}, which cannot pass here.`);
  }
  return { name, type, dims, bytes: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength) };
}

function isElementType(type: string): type is Exclude<ElementType, 'string'> {
  return type !== 'string' && (elementTypes as readonly string[]).includes(type);
}
