import {
  TensorProto_DataLocation as DataLocation,
  TensorProto_DataType as DataType,
  type NodeProto,
  type TensorProto,
} from './gen/onnx_pb.ts';

/** The tensor that a Constant node holds; undefined for those given as lists of numbers, which are rare. */
export function tensorOfConstant(node: NodeProto): TensorProto | undefined {
  return node.opType === 'Constant' ? node.attribute.find((attribute) => attribute.name === 'value')?.t : undefined;
}

/** The few numbers of an int64, int32 or float32 tensor, such as axes, sizes, scales; undefined for other types and outside data. */
export function numbersOf(tensor: TensorProto): number[] | undefined {
  const count = tensor.dims.reduce((product, dim) => product * Number(dim), 1);
  if (tensor.dataLocation === DataLocation.EXTERNAL || count > 64) return undefined;
  const { rawData, dataType } = tensor;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  const isRaw = rawData.byteLength > 0;
  const numbers = Array.from({ length: count });
  if (dataType === DataType.INT64) {
    return isRaw ? numbers.map((_, i) => Number(view.getBigInt64(8 * i, true))) : tensor.int64Data.map(Number);
  }
  if (dataType === DataType.INT32) return isRaw ? numbers.map((_, i) => view.getInt32(4 * i, true)) : tensor.int32Data;
  if (dataType === DataType.FLOAT)
    return isRaw ? numbers.map((_, i) => view.getFloat32(4 * i, true)) : tensor.floatData;
  return undefined;
}
