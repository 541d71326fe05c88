import { Tensor } from 'onnxruntime-node';
import { Fault } from '../../domain/fault.ts';
import { numberTensor } from '../numberTensor.ts';

/** Coordinates, labels and masks as a tensor of whatever type the graph takes them in. */
export function promptTensor(type: string, numbers: ArrayLike<number>, dims: readonly number[]): Tensor {
  switch (type) {
    case 'float32':
    case 'float16':
      return numberTensor(type, Float32Array.from(numbers), dims);
    case 'float64':
      return new Tensor('float64', Float64Array.from(numbers), dims);
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
