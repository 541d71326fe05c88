import { create } from '@bufbuild/protobuf';
import { TensorProto_DataType as DataType, type TensorProto, TensorProtoSchema } from './gen/onnx_pb.ts';
import { readModel, writeModel } from './onnxFile.ts';
import { tensorInfo } from './tensorInfo.ts';

/** What exporters of DETR and its kin call the input that says which pixels are padding. */
const maskName = 'pixel_mask';

/** A side that the file leaves free. The graph brings the mask to the size of its features, and all of it is ones. */
const freeSide = 64;

/**
 * The graph with its padding mask, where it has one beside the picture, filled in: every pixel counts, since pictures are
 * not padded to each other's size. Any other graph comes back as it is.
 *
 * @throws {GraphError} when the bytes are no ONNX model
 */
export function pinPaddingMask(bytes: Uint8Array): Uint8Array {
  const model = readModel(bytes);
  const { graph } = model;
  const input = graph.input.find(({ name }) => name === maskName);
  const info = input && tensorInfo(input);
  if (info?.dims === undefined || graph.initializer.some(({ name }) => name === maskName)) return bytes;
  const dims = info.dims.map((side, axis) => (typeof side === 'number' && side > 0 ? side : axis === 0 ? 1 : freeSide));
  const ones = onesOf(info.type, dims);
  if (ones === undefined) return bytes;
  graph.input = graph.input.filter((value) => value !== input);
  graph.initializer.push(ones);
  return writeModel(model);
}

function onesOf(type: number, dims: readonly number[]): TensorProto | undefined {
  const one = oneOf(type);
  if (one === undefined) return undefined;
  const count = dims.reduce((product, side) => product * side, 1);
  const rawData = new Uint8Array(Buffer.concat(Array.from({ length: count }, () => one)));
  return create(TensorProtoSchema, { name: maskName, dataType: type, dims: dims.map(BigInt), rawData });
}

/** The number 1 as the file has it. */
function oneOf(type: number): Uint8Array | undefined {
  switch (type) {
    case DataType.INT64:
      return new Uint8Array(BigInt64Array.of(1n).buffer);
    case DataType.INT32:
      return new Uint8Array(Int32Array.of(1).buffer);
    case DataType.FLOAT:
      return new Uint8Array(Float32Array.of(1).buffer);
    case DataType.BOOL:
    case DataType.UINT8:
      return Uint8Array.of(1);
    default:
      return undefined;
  }
}
