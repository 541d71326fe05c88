/// <reference lib="esnext.float16" />
import type { Tensor } from 'onnxruntime-node';
import { Fault } from '../../domain/fault.ts';

/** A float tensor's numbers, in place where they lie so already. */
export function floatsOf(tensor: Tensor, what: string): Float32Array {
  const { data, type } = tensor;
  if (data instanceof Float32Array) return data;
  if (type === 'float16') {
    // The runtime's JavaScript side makes a Float16Array of them where there is one.
    if (data instanceof Uint16Array && typeof Float16Array === 'undefined')
      throw Fault.expected('model_invalid', 'Node 24 or newer for float16 outputs', process.version);
    if (data instanceof Uint16Array)
      return new Float32Array(new Float16Array(data.buffer, data.byteOffset, data.length));
    return Float32Array.from(data as ArrayLike<number>);
  }
  if (data instanceof Float64Array) return Float32Array.from(data);
  throw Fault.expected('model_invalid', `${what} as float numbers`, type);
}
