import * as ort from 'onnxruntime-node';

export interface RawTensor {
  readonly data: Float32Array | Float16Array | Uint8Array | Uint16Array | BigInt64Array | Int32Array;
  readonly dims: readonly number[];
}

/** Runs a model once on one thread; for tests. `feeds` by input name. */
export async function runModel(
  model: Uint8Array,
  feeds: Record<string, RawTensor>,
  level: 'disabled' | 'basic' | 'all' = 'all',
): Promise<Record<string, RawTensor>> {
  const session = await openSession(model, level);
  const tensors = Object.entries(feeds).map(([name, feed]) => [name, toTensor(feed)] as const);
  const answers = await session.run(Object.fromEntries(tensors));
  await session.release();
  return Object.fromEntries(
    Object.entries(answers).map(([name, tensor]) => [
      name,
      { data: tensor.data as RawTensor['data'], dims: tensor.dims },
    ]),
  );
}

export function openSession(
  model: Uint8Array,
  level: 'disabled' | 'basic' | 'all' = 'all',
): Promise<ort.InferenceSession> {
  return ort.InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: level,
    logSeverityLevel: 3,
  });
}

export function toTensor({ data, dims }: RawTensor): ort.Tensor {
  const type = typeNames.get(data.constructor)!;
  const tensor = new ort.Tensor(type as 'float32', data as Float32Array, [...dims]);
  // Where Float16Array exists, onnxruntime-node 1.30 turns float16 data into one and then fails to read it ("expected 24, got 0"); the same
  // bytes as Uint16Array are read.
  if (type === 'float16') {
    const halves = new Uint16Array(data.buffer as ArrayBuffer, data.byteOffset, data.length);
    Object.defineProperty(tensor, 'cpuData', { value: halves });
  }
  return tensor;
}

const typeNames = new Map<unknown, string>([
  [Float32Array, 'float32'],
  [globalThis.Float16Array, 'float16'],
  [Uint8Array, 'uint8'],
  [Uint16Array, 'uint16'],
  [BigInt64Array, 'int64'],
  [Int32Array, 'int32'],
]);
