import { create } from '@bufbuild/protobuf';
import { type ValueInfoProto, ValueInfoProtoSchema } from './gen/onnx_pb.ts';

/** A side of a tensor: a number, a symbol that the model names, or not known. */
export type Dim = number | string | undefined;

/** Element type and shape of a value; `dims` is undefined when the model does not even say how many there are. */
export interface TensorInfo {
  readonly type: number;
  readonly dims: readonly Dim[] | undefined;
}

/** What the model declares of a value, or undefined when it is no tensor or has no type. */
export function tensorInfo(value: ValueInfoProto): TensorInfo | undefined {
  const kind = value.type?.value;
  if (kind?.case !== 'tensorType') return undefined;
  const dims = kind.value.shape?.dim.map(({ value: dim }): Dim => {
    if (dim.case === 'dimParam') return dim.value === '' ? undefined : dim.value;
    // Some exporters write 0 or −1 for a side that is free.
    return dim.case === 'dimValue' && dim.value > 0n ? Number(dim.value) : undefined;
  });
  return { type: kind.value.elemType, dims };
}

/** A declaration as graph inputs and outputs need it. */
export function declareTensor(name: string, type: number, dims: readonly Dim[] | undefined): ValueInfoProto {
  const dim = dims?.map((side) => {
    if (side === undefined) return {};
    return typeof side === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(side) } }
      : { value: { case: 'dimParam' as const, value: side } };
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType: type, ...(dim && { shape: { dim } }) } } },
  });
}

/** `[1,3,H,?]`, as messages show shapes. */
export function shapeText(dims: readonly Dim[] | undefined): string {
  return dims === undefined ? '[unknown]' : `[${dims.map((dim) => dim ?? '?').join(',')}]`;
}
