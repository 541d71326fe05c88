import { Fault } from '../../domain/fault.ts';
import { type ElementType, elementBytes, type NumberTensor } from '../../domain/tensor.ts';

const types: Readonly<Record<string, Exclude<ElementType, 'string'>>> = {
  '|b1': 'bool',
  '|u1': 'uint8',
  '|i1': 'int8',
  '<u2': 'uint16',
  '<i2': 'int16',
  '<u4': 'uint32',
  '<i4': 'int32',
  '<u8': 'uint64',
  '<i8': 'int64',
  '<f2': 'float16',
  '<f4': 'float32',
  '<f8': 'float64',
};

const magic = Buffer.from('\x93NUMPY', 'latin1');

/**
 * The array of an NPY file, without copying it: little-endian, in C order, of any version of the format.
 * Throws Fault `invalid_request`. https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 */
export function tensorOfNpy(name: string, file: Uint8Array): NumberTensor {
  const source = Buffer.from(file.buffer, file.byteOffset, file.byteLength);
  if (source.length < 12 || !source.subarray(0, 6).equals(magic)) {
    throw Fault.expected('invalid_request', `an NPY file in ${name}`, 'other bytes');
  }
  const isLong = source[6]! >= 2;
  const start = isLong ? 12 : 10;
  const end = start + (isLong ? source.readUInt32LE(8) : source.readUInt16LE(8));
  const header = source.toString('latin1', start, Math.min(end, start + 4096));
  const descr = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? 'nothing';
  const type = types[descr];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (type === undefined) {
    throw Fault.expected('invalid_request', `an NPY file of ${Object.keys(types).join(', ')} in ${name}`, descr);
  }
  if (shape === undefined || !/'fortran_order':\s*False/.test(header)) {
    throw Fault.expected('invalid_request', `an NPY file in C order in ${name}`, 'another order, or no shape');
  }
  const words = shape.split(',').filter((side) => side.trim() !== '');
  const dims = words.map(Number);
  const bytes = source.subarray(end);
  const expected = dims.reduce((product, side) => product * side, elementBytes[type]);
  if (bytes.length !== expected) {
    throw Fault.expected('invalid_request', `${expected} bytes behind the NPY header in ${name}`, `${bytes.length}`);
  }
  return { name, type, dims, bytes };
}
