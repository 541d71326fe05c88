import type { Engine, EngineStatus } from '../../../packages/server/src/domain/engineDoor.ts';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { SegmentResult } from '../../../packages/server/src/domain/request.ts';
import type {
  ModelSignature,
  Tensor,
  TensorRequest,
  TensorResult,
  TensorSpec,
} from '../../../packages/server/src/domain/tensor.ts';

const timings = { queue: 0, decode: 0, preprocess: 0, infer: 1, postprocess: 0, encode: 0 };

/** An engine that remembers what it is asked and gives the tensors that a test has put into it. */
export class TensorEngine implements Engine {
  readonly requests: TensorRequest[] = [];
  inputs: readonly TensorSpec[] = [{ name: 'x', type: 'float32', dims: [null, 2] }];
  /** What the graph gives, in its own order. */
  outputs: readonly Tensor[] = [floats('y', [1, 1], [1.5])];
  /** What the next requests do before they are answered. */
  before: ((request: TensorRequest) => Promise<void>) | undefined;

  async infer(request: TensorRequest): Promise<TensorResult> {
    this.requests.push(request);
    await this.before?.(request);
    const names = request.outputs ?? this.outputs.map(({ name }) => name);
    const outputs = names.map((name) => {
      const found = this.outputs.find((tensor) => tensor.name === name);
      if (found) return found;
      throw Fault.expected('invalid_request', 'one of the outputs', name);
    });
    return { model: 'tiny:1', outputs, timings };
  }

  /** The only tensor of the last request. */
  get sent(): Tensor {
    return this.requests.at(-1)!.inputs[0]!;
  }

  signature(): ModelSignature {
    const outputs = this.outputs.map(({ name, type, dims }) => ({ name, type, dims }));
    return { inputs: this.inputs, outputs };
  }

  segment(): Promise<SegmentResult> {
    return Promise.reject(new Fault('internal', 'This wire segments nothing.'));
  }

  async load(): Promise<void> {}
  async unload(): Promise<void> {}
  async close(): Promise<void> {}
  models() {
    return [];
  }
  model(ref: string): never {
    throw new Fault('unknown_model', `Unknown model "${ref}".`);
  }
  notReady(): undefined {
    return undefined;
  }
  status(): EngineStatus {
    const plan = { workers: 1, threads: 1, cores: 1, why: 'a test' };
    return {
      workers: [],
      ticketsQueued: 0,
      ticketsRunning: 0,
      ticketsMax: 0,
      pixelsInFlight: 0,
      workerRestarts: 0,
      plan,
    };
  }
}

type Numeric = Exclude<Tensor['type'], 'string'>;

/** A tensor whose numbers lie at an odd address, as those that come from a socket may. */
export function tensor(type: Numeric, name: string, dims: readonly number[], numbers: ArrayBufferView): Tensor {
  const bytes = Buffer.alloc(numbers.byteLength + 1);
  Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).copy(bytes, 1);
  return { type, name, dims, bytes: bytes.subarray(1) };
}

export function floats(name: string, dims: readonly number[], numbers: readonly number[]): Tensor {
  return tensor('float32', name, dims, Float32Array.from(numbers));
}

/** The numbers of a tensor that the engine was given. */
export function numbersOf(given: Tensor): (number | bigint | string)[] {
  if (given.type === 'string') return [...given.strings];
  const { buffer } = Uint8Array.from(given.bytes);
  switch (given.type) {
    case 'float32':
      return [...new Float32Array(buffer)];
    case 'int64':
      return [...new BigInt64Array(buffer)];
    case 'int32':
      return [...new Int32Array(buffer)];
    case 'float16':
      return [...new Uint16Array(buffer)];
    case 'int8':
      return [...new Int8Array(buffer)];
    default:
      return [...new Uint8Array(buffer)];
  }
}
