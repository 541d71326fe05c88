/// <reference lib="esnext.float16" />
import { Tensor } from 'onnxruntime-node';
import { Fault } from '../domain/fault.ts';
import { halfTensor } from './halfTensor.ts';

/** Numbers in the element type that the network takes: float32 or float16. */
export function numberTensor(type: string, numbers: Float32Array, dims: readonly number[]): Tensor {
  if (type !== 'float16') return new Tensor('float32', numbers, [...dims]);
  if (typeof Float16Array === 'undefined') {
    throw new Fault(
      'model_invalid',
      'Expected Node 24 or newer for an unfused float16 model but received an older one.',
    );
  }
  return halfTensor(new Uint16Array(new Float16Array(numbers).buffer), [...dims]);
}
