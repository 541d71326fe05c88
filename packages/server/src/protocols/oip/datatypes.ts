import { Fault } from '../../domain/fault.ts';
import type { ElementType } from '../../domain/tensor.ts';

/** The protocol's names of element types: KServe `predict-api/v2/required_api.md`, "Tensor Data Types". */
export const datatypes: Readonly<Record<ElementType, string>> = {
  bool: 'BOOL',
  int8: 'INT8',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  uint8: 'UINT8',
  uint16: 'UINT16',
  uint32: 'UINT32',
  uint64: 'UINT64',
  float16: 'FP16',
  float32: 'FP32',
  float64: 'FP64',
  string: 'BYTES',
};

const elementTypes = new Map(Object.entries(datatypes).map(([type, name]) => [name, type as ElementType]));

/** Throws Fault that names the type when it cannot pass here. */
export function elementTypeOf(datatype: string, tensor: string): ElementType {
  const type = elementTypes.get(datatype);
  if (type !== undefined) return type;
  const why = datatype === 'BF16' ? ' BF16 has no place in this server; send FP32.' : '';
  const expected = `the datatype of "${tensor}" to be one of ${[...elementTypes.keys()].join(', ')}`;
  const received = datatype === '' ? 'nothing' : datatype.slice(0, 40);
  const message = `Expected ${expected} but received ${received}.${why}`;
  throw new Fault('invalid_request', message, { expected, received });
}

/** As metadata says it; of a type that cannot pass, its own name in capitals. */
export function datatypeOf(type: string): string {
  if (type === 'bfloat16') return 'BF16';
  return datatypes[type as ElementType] ?? type.toUpperCase();
}

/** As a model's configuration says it. */
export function configTypeOf(type: string): string {
  if (type === 'string') return 'TYPE_STRING';
  if (type === 'bfloat16') return 'TYPE_BF16';
  return type in datatypes ? `TYPE_${datatypeOf(type)}` : 'TYPE_INVALID';
}
