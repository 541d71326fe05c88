import { create } from '@bufbuild/protobuf';
import { Fault } from '../../domain/fault.ts';
import { type ElementType, elementBytes } from '../../domain/tensor.ts';
import { datatypeOf } from './datatypes.ts';
import { type InferParameter, InferParameterSchema, type InferTensorContents } from './gen/open_inference_pb.ts';
import type { Parameters, ParameterValue } from './inferRequest.ts';
import { elementCount, type WireTensor, wrongCount } from './wireTensor.ts';

type Lists = Omit<InferTensorContents, '$typeName' | '$unknown'>;

/** Which list of InferTensorContents holds a type; those of 16-bit floats travel raw only. */
const listOf: Readonly<Record<ElementType, keyof Lists | undefined>> = {
  bool: 'boolContents',
  int8: 'intContents',
  int16: 'intContents',
  int32: 'intContents',
  int64: 'int64Contents',
  uint8: 'uintContents',
  uint16: 'uintContents',
  uint32: 'uintContents',
  uint64: 'uint64Contents',
  float16: undefined,
  float32: 'fp32Contents',
  float64: 'fp64Contents',
  string: 'bytesContents',
};

/** A tensor from typed contents. Throws Fault. */
export function tensorOfContents(
  name: string,
  type: ElementType,
  dims: readonly number[],
  contents: InferTensorContents | undefined,
): WireTensor {
  const wanted = listOf[type];
  if (wanted === undefined) {
    const expected = `"${name}" in \`raw_input_contents\`, as ${datatypeOf(type)} has no typed contents`;
    throw Fault.expected('invalid_request', expected, 'none there');
  }
  const given = contents === undefined ? [] : namesOfFilled(contents);
  const other = given.find((list) => list !== wanted);
  if (other !== undefined) {
    const expected = `the contents of "${name}" in \`${protoName(wanted)}\`, as its datatype is ${datatypeOf(type)}`;
    throw Fault.expected('invalid_request', expected, `\`${protoName(other)}\``);
  }
  const values = contents?.[wanted] ?? [];
  if (values.length !== elementCount(dims)) throw wrongCount(name, dims, values.length);
  if (type === 'string') return { name, type: 'bytes', dims, elements: values as Uint8Array[] };
  return { name, type, dims, bytes: packed(name, type, values as readonly Value[]) };
}

function namesOfFilled(contents: InferTensorContents): (keyof Lists)[] {
  const lists = new Set(Object.values(listOf));
  return [...lists].filter((list) => list !== undefined).filter((list) => contents[list].length > 0);
}

function protoName(list: keyof Lists): string {
  return list.replace('Contents', '_contents');
}

const ranges: Readonly<Partial<Record<ElementType, readonly [least: number, most: number]>>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  uint8: [0, 255],
  uint16: [0, 65_535],
};

function packed(name: string, type: NumberType, values: readonly Value[]): Uint8Array {
  const out = new DataView(new ArrayBuffer(values.length * elementBytes[type]));
  const [least, most] = ranges[type] ?? [];
  const write = put[type];
  for (const [index, value] of values.entries()) {
    if (least !== undefined && (Number(value) < least || Number(value) > most!)) {
      throw Fault.expected('invalid_request', `"${name}" to hold numbers ${least} to ${most}`, String(value));
    }
    write(out, index * elementBytes[type], value);
  }
  return new Uint8Array(out.buffer);
}

type NumberType = Exclude<ElementType, 'string'>;
type Value = number | bigint | boolean;

const put: Readonly<Record<NumberType, (out: DataView, at: number, value: Value) => void>> = {
  bool: (out, at, value) => out.setUint8(at, Number(value)),
  int8: (out, at, value) => out.setInt8(at, Number(value)),
  int16: (out, at, value) => out.setInt16(at, Number(value), true),
  int32: (out, at, value) => out.setInt32(at, Number(value), true),
  int64: (out, at, value) => out.setBigInt64(at, BigInt(value), true),
  uint8: (out, at, value) => out.setUint8(at, Number(value)),
  uint16: (out, at, value) => out.setUint16(at, Number(value), true),
  uint32: (out, at, value) => out.setUint32(at, Number(value), true),
  uint64: (out, at, value) => out.setBigUint64(at, BigInt(value), true),
  float16: (out, at, value) => out.setUint16(at, Number(value), true),
  float32: (out, at, value) => out.setFloat32(at, Number(value), true),
  float64: (out, at, value) => out.setFloat64(at, Number(value), true),
};

/** Whole numbers beyond 2⁵³ come as text, with every digit. */
export function parametersOfProto(parameters: Readonly<Record<string, InferParameter>>): Parameters {
  const plain: Record<string, ParameterValue> = Object.create(null);
  for (const [name, { parameterChoice }] of Object.entries(parameters)) {
    const { value } = parameterChoice;
    if (value === undefined) continue;
    if (typeof value !== 'bigint') plain[name] = value;
    else plain[name] = Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  }
  return plain;
}

export function textParameter(value: string): InferParameter {
  return create(InferParameterSchema, { parameterChoice: { case: 'stringParam', value } });
}

export function flagParameter(value: boolean): InferParameter {
  return create(InferParameterSchema, { parameterChoice: { case: 'boolParam', value } });
}
