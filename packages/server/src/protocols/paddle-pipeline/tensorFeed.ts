import { Fault } from '../../domain/fault.ts';
import { type ElementType, elementBytes, type NumberTensor } from '../../domain/tensor.ts';
import { numberToHalf } from '../wire/halfFloat.ts';
import { tensorOfNpy } from '../wire/npy.ts';
import { PipelineError } from './errorCodes.ts';
import type { NamedFeed } from './message.ts';

/** The data fields of a Tensor message, whichever form it came in; only the one that elem_type means is looked at. */
export interface TensorParts {
  readonly name: string;
  readonly elemType: number;
  readonly shape: readonly number[];
  readonly int64: () => Promise<BigInt64Array<ArrayBuffer>>;
  readonly float: () => Promise<Float64Array<ArrayBuffer>>;
  readonly int: () => Promise<Float64Array<ArrayBuffer>>;
  readonly float64: () => Promise<Float64Array<ArrayBuffer>>;
  readonly uint32: () => Promise<Float64Array<ArrayBuffer>>;
  readonly bool: () => Promise<Float64Array<ArrayBuffer>>;
  readonly text: () => string;
  readonly bytes: () => Promise<Uint8Array>;
}

/** elem_type 12 and 13 are texts and NPY files; the rest are numbers. */
const textType = 12;
const npyType = 13;

type NumberType = Exclude<ElementType, 'string'>;
type Field = 'int64' | 'float' | 'int' | 'float64' | 'uint32' | 'bool';

/** elem_type ↦ what the numbers are, and which field holds them. */
const numberTypes: Readonly<Record<number, readonly [type: NumberType, field: Field]>> = {
  0: ['int64', 'int64'],
  1: ['float32', 'float'],
  2: ['int32', 'int'],
  3: ['float64', 'float64'],
  4: ['int16', 'int'],
  5: ['float16', 'float'],
  7: ['uint8', 'uint32'],
  8: ['int8', 'int'],
  9: ['bool', 'bool'],
};

/** A Tensor message as a named array or text. Throws PipelineError. */
export async function feedOf(parts: TensorParts): Promise<NamedFeed> {
  const { name, elemType, shape } = parts;
  if (elemType === textType) return { name, feed: parts.text() };
  if (elemType === npyType) return { name, feed: await npyFeed(parts) };
  const [type, field] = numberTypes[elemType] ?? [];
  if (type === undefined || field === undefined) {
    const known = [...Object.keys(numberTypes), textType, npyType].join(', ');
    throw new PipelineError('TYPE_ERROR', `elem_type of ${name} must be one of ${known}, but get ${elemType}.`);
  }
  const numbers = await parts[field]();
  const dims = shape.length === 0 ? [numbers.length] : shape;
  if (dims.reduce((product, side) => product * side, 1) !== numbers.length) {
    throw new PipelineError('TYPE_ERROR', `${name} has ${numbers.length} numbers, but its shape is [${dims}].`);
  }
  return { name, feed: { name, type, dims, bytes: bytesOf(type, numbers) } };
}

async function npyFeed({ name, bytes }: TensorParts): Promise<NumberTensor> {
  try {
    return tensorOfNpy(name, await bytes());
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    throw new PipelineError('RPC_PACKAGE_ERROR', `rpc package error: ${error.message}`);
  }
}

function bytesOf(type: NumberType, numbers: BigInt64Array<ArrayBuffer> | Float64Array<ArrayBuffer>): Uint8Array {
  if (numbers instanceof BigInt64Array || type === 'float64') return new Uint8Array(numbers.buffer);
  const made = narrowed(type, numbers);
  return new Uint8Array(made.buffer, made.byteOffset, numbers.length * elementBytes[type]);
}

function narrowed(type: NumberType, numbers: Float64Array): ArrayBufferView {
  switch (type) {
    case 'int32':
      return Int32Array.from(numbers);
    case 'int16':
      return Int16Array.from(numbers);
    case 'int8':
      return Int8Array.from(numbers);
    case 'uint8':
    case 'bool':
      return Uint8Array.from(numbers);
    case 'float16':
      return Uint16Array.from(numbers, numberToHalf);
    default:
      return Float32Array.from(numbers);
  }
}
