import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import { type ElementType, elementBytes } from '../../domain/tensor.ts';
import { numberToHalf } from '../wire/halfFloat.ts';
import type { JsonValue } from '../wire/jsonDocument.ts';
import { kindOf } from '../wire/jsonFields.ts';
import { LongNumbers } from '../wire/longNumbers.ts';
import { LongText } from '../wire/longText.ts';
import { elementCount, type WireTensor, wrongCount } from './wireTensor.ts';

type NumberType = Exclude<ElementType, 'string'>;

/** Elements converted in one go: under a millisecond. */
const sliceElements = 64 * 1024;

const ranges: Readonly<Partial<Record<NumberType, readonly [least: number, most: number]>>> = {
  bool: [0, 1],
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-2_147_483_648, 2_147_483_647],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 4_294_967_295],
};

/** A tensor from the `data` of a JSON request, flat or nested, row-major. Throws Fault. */
export async function tensorOfJson(
  name: string,
  type: ElementType,
  dims: readonly number[],
  data: JsonValue | undefined,
): Promise<WireTensor> {
  if (!(data instanceof LongNumbers) && !Array.isArray(data)) {
    throw Fault.expected('invalid_request', `\`data\` of "${name}" to be an array`, kindOf(data));
  }
  const count = elementCount(dims);
  if (data instanceof LongNumbers) {
    if (type === 'string') throw wrongElement(name, type, 'a number');
    if (data.length !== count) throw wrongCount(name, dims, data.length);
    return { name, type, dims, bytes: await bytesOfNumbers(name, type, data) };
  }
  if (type === 'string') return { name, type: 'bytes', dims, elements: textsOf(name, dims, data) };
  const flat = flattened(name, dims, data);
  if (type === 'bool') return { name, type, dims, bytes: Uint8Array.from(flat, (value) => truth(name, value)) };
  // Arrays of numbers come as LongNumbers: what is left is empty, or holds something else.
  const wrong = flat.find((value) => typeof value !== 'number');
  if (wrong !== undefined) throw wrongElement(name, type, kindOf(wrong));
  if (flat.length > 0) throw wrongElement(name, type, 'rows of numbers and of arrays');
  return { name, type, dims, bytes: new Uint8Array(0) };
}

async function bytesOfNumbers(name: string, type: NumberType, data: LongNumbers): Promise<Uint8Array> {
  if (type === 'float32') return asBytes(await data.toFloat32Array());
  if (type === 'int64') return asBytes(await data.toBigInt64Array());
  if (type === 'uint64') return asBytes(await data.toBigUint64Array());
  const values = await data.toFloat64Array();
  if (type === 'float64') return asBytes(values);
  const out = new DataView(new ArrayBuffer(values.length * elementBytes[type]));
  const write = writers[type];
  const range = ranges[type];
  for (let index = 0; index < values.length; index++) {
    if (index > 0 && index % sliceElements === 0) await nextTurn();
    const value = values[index]!;
    if (range && !(Number.isInteger(value) && value >= range[0] && value <= range[1])) {
      throw Fault.expected('invalid_request', `"${name}" to hold whole numbers ${range[0]} to ${range[1]}`, `${value}`);
    }
    write(out, index, value);
  }
  return new Uint8Array(out.buffer);
}

type Writer = (out: DataView, index: number, value: number) => void;
const writers: Readonly<Record<Exclude<NumberType, 'float32' | 'float64' | 'int64' | 'uint64'>, Writer>> = {
  bool: (out, index, value) => out.setUint8(index, value),
  int8: (out, index, value) => out.setInt8(index, value),
  int16: (out, index, value) => out.setInt16(index * 2, value, true),
  int32: (out, index, value) => out.setInt32(index * 4, value, true),
  uint8: (out, index, value) => out.setUint8(index, value),
  uint16: (out, index, value) => out.setUint16(index * 2, value, true),
  uint32: (out, index, value) => out.setUint32(index * 4, value, true),
  float16: (out, index, value) => out.setUint16(index * 2, numberToHalf(value), true),
};

function textsOf(name: string, dims: readonly number[], data: readonly JsonValue[]): Uint8Array[] {
  return flattened(name, dims, data).map((value) => {
    if (typeof value === 'string') return Buffer.from(value);
    if (value instanceof LongText) return value.bytes;
    throw wrongElement(name, 'string', kindOf(value));
  });
}

function truth(name: string, value: JsonValue): number {
  if (typeof value === 'boolean') return value ? 1 : 0;
  throw wrongElement(name, 'bool', kindOf(value));
}

function flattened(name: string, dims: readonly number[], data: readonly JsonValue[]): JsonValue[] {
  const flat: JsonValue[] = [];
  const visit = (values: readonly JsonValue[]) => {
    for (const value of values) {
      if (Array.isArray(value)) visit(value);
      else flat.push(value);
    }
  };
  visit(data);
  if (flat.length !== elementCount(dims)) throw wrongCount(name, dims, flat.length);
  return flat;
}

function wrongElement(name: string, type: ElementType, received: string): Fault {
  const what = type === 'string' ? 'texts' : type === 'bool' ? 'true or false' : 'numbers';
  return Fault.expected('invalid_request', `\`data\` of "${name}" to hold ${what}`, received);
}

function asBytes({ buffer, byteOffset, byteLength }: Float32Array | Float64Array | BigInt64Array | BigUint64Array) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
