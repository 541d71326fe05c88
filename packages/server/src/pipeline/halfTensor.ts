import { Tensor } from 'onnxruntime-node';

/**
 * A float16 tensor of its bits. onnxruntime-node 1.30 makes a Float16Array of float16 data and then cannot read it
 * ("expected 24, got 0"); the same bytes as Uint16Array it reads, so they are put in their place.
 */
export function halfTensor(bits: Uint16Array, dims: readonly number[]): Tensor {
  const tensor = new Tensor('float16', bits, dims);
  Object.defineProperty(tensor, 'cpuData', { value: bits });
  return tensor;
}
