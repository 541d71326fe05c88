import { Fault } from '../../domain/fault.ts';
import type { NumberTensor, Tensor } from '../../domain/tensor.ts';

/** A BYTES tensor: elements of any length and content. */
export interface BytesTensor {
  readonly name: string;
  readonly type: 'bytes';
  readonly dims: readonly number[];
  /** Row-major. */
  readonly elements: readonly Uint8Array[];
}

/** A tensor as it travels. */
export type WireTensor = NumberTensor | BytesTensor;

const rankMax = 32;

/** Sides as they were sent. Throws Fault. */
export function checkedDims(sides: Iterable<number | bigint>, tensor: string): number[] {
  const dims = Array.from(sides, Number);
  const wrong = dims.find((side) => !Number.isSafeInteger(side) || side < 0);
  if (wrong !== undefined) {
    throw Fault.expected('invalid_request', `the shape of "${tensor}" to hold whole numbers from 0`, String(wrong));
  }
  if (dims.length > rankMax) {
    throw Fault.expected('invalid_request', `"${tensor}" to have at most ${rankMax} dimensions`, String(dims.length));
  }
  if (!Number.isSafeInteger(elementCount(dims))) {
    throw Fault.expected('invalid_request', `a shape of "${tensor}" that fits in memory`, `[${dims.join(',')}]`);
  }
  return dims;
}

export function elementCount(dims: readonly number[]): number {
  return dims.reduce((product, side) => product * side, 1);
}

export function wrongCount(tensor: string, dims: readonly number[], received: number): Fault {
  const expected = `${elementCount(dims)} elements in "${tensor}" for its shape [${dims.join(',')}]`;
  return Fault.expected('invalid_request', expected, String(received));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** For the engine, which holds text. Throws Fault when an element is no UTF-8. */
export function toEngineTensor(tensor: WireTensor): Tensor {
  if (tensor.type !== 'bytes') return tensor;
  const { name, dims, elements } = tensor;
  const strings = elements.map((element, index) => {
    try {
      return utf8.decode(element);
    } catch (cause) {
      const message = `Expected element ${index} of "${name}" to be UTF-8 text, as the graph takes text, but received other bytes.`;
      throw new Fault('invalid_request', message, { cause });
    }
  });
  return { name, type: 'string', dims, strings };
}

export function fromEngineTensor(tensor: Tensor): WireTensor {
  if (tensor.type !== 'string') return tensor;
  const { name, dims, strings } = tensor;
  return { name, type: 'bytes', dims, elements: strings.map((text) => Buffer.from(text)) };
}
