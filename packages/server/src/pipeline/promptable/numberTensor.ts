/// <reference lib="esnext.float16" />
import { Tensor } from 'onnxruntime-node';
import { Fault } from '../../domain/fault.ts';
import { halfTensor } from '../halfTensor.ts';

/** Numbers as a tensor of whatever type the graph takes them in. */
export function numberTensor(type: string, numbers: ArrayLike<number>, dims: readonly number[]): Tensor {
  switch (type) {
    case 'float32':
      return new Tensor('float32', Float32Array.from(numbers), dims);
    case 'float64':
      return new Tensor('float64', Float64Array.from(numbers), dims);
    case 'float16':
      return halfTensor(new Uint16Array(new Float16Array(numbers).buffer), dims);
    case 'int64':
      return new Tensor('int64', BigInt64Array.from(Array.from(numbers, (value) => BigInt(Math.round(value)))), dims);
    case 'int32':
      return new Tensor('int32', Int32Array.from(numbers, Math.round), dims);
    case 'bool':
      return new Tensor('bool', Uint8Array.from(numbers), dims);
    default:
      throw Fault.expected('model_invalid', 'prompts as floats, int32, int64 or bool', `an input of ${type}`);
  }
}

/** A float tensor's numbers, in place where they lie so already. */
export function floatsOf(tensor: Tensor, what: string): Float32Array {
  const { data, type } = tensor;
  if (data instanceof Float32Array) return data;
  if (type === 'float16') {
    // The runtime's JavaScript side makes a Float16Array of them where there is one.
    if (data instanceof Uint16Array)
      return new Float32Array(new Float16Array(data.buffer, data.byteOffset, data.length));
    return Float32Array.from(data as ArrayLike<number>);
  }
  if (data instanceof Float64Array) return Float32Array.from(data);
  throw Fault.expected('model_invalid', `${what} as float numbers`, type);
}
