import type { ElementType, Tensor } from '../../domain/tensor.ts';
import type { NumbersField } from './inferMessage.ts';

type TakenType = Exclude<ElementType, 'string'>;

/** Types of tensors that are read from requests, by `elem_type`; the original skips others, and so do we. */
export const takenTypes: ReadonlyMap<number, { readonly type: TakenType; readonly from: NumbersField | 'content' }> =
  new Map([
    [0, { type: 'int64', from: 'int64_data' }],
    [1, { type: 'float32', from: 'float_data' }],
    [2, { type: 'int32', from: 'int_data' }],
    [5, { type: 'float16', from: 'content' }],
    [7, { type: 'uint8', from: 'content' }],
    [8, { type: 'int8', from: 'content' }],
  ]);

export const stringType = 20;

/** Every type by its number, to be named in messages. */
const names: Readonly<Record<number, string>> = {
  0: 'INT64',
  1: 'FP32',
  2: 'INT32',
  3: 'FP64',
  4: 'INT16',
  5: 'FP16',
  6: 'BF16',
  7: 'UINT8',
  8: 'INT8',
  9: 'BOOL',
  10: 'COMPLEX64',
  11: 'COMPLEX128',
  20: 'STRING',
};

export function elemTypeName(elemType: number): string {
  return `${elemType} (${names[elemType] ?? 'unknown'})`;
}

/** How the data of an output travels: the field of the message, and how its elements are written. */
export interface OutputForm {
  readonly elemType: number;
  readonly field: 'int64_data' | 'float_data' | 'int_data' | 'float64_data' | 'bool_data' | 'tensor_content' | 'data';
}

/**
 * The original gives the first six; double, int16, bool and text have fields of their own in its messages, so a graph that
 * gives them is answered too. Unsigned types above 8 bits have none.
 */
const outputForms: Readonly<Record<ElementType, OutputForm | undefined>> = {
  int64: { elemType: 0, field: 'int64_data' },
  float32: { elemType: 1, field: 'float_data' },
  int32: { elemType: 2, field: 'int_data' },
  float16: { elemType: 5, field: 'tensor_content' },
  uint8: { elemType: 7, field: 'tensor_content' },
  int8: { elemType: 8, field: 'tensor_content' },
  float64: { elemType: 3, field: 'float64_data' },
  int16: { elemType: 4, field: 'int_data' },
  bool: { elemType: 9, field: 'bool_data' },
  string: { elemType: stringType, field: 'data' },
  uint16: undefined,
  uint32: undefined,
  uint64: undefined,
};

export function outputFormOf(type: Tensor['type']): OutputForm | undefined {
  return outputForms[type];
}
