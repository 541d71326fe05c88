import { TensorProto_DataType as DataType } from './gen/onnx_pb.ts';
import type { NodeWriter } from './nodeWriter.ts';

/** The operators whose form changed between opsets 11 and 23, each written as the writer's opset has it. */

export type GraphKernel = 'nearest' | 'linear' | 'cubic';

export function cast(write: NodeWriter, value: string, type: number, output?: string): string {
  return write.add('Cast', [value], { to: type }, output);
}

export function transpose(write: NodeWriter, value: string, perm: readonly number[]): string {
  return write.add('Transpose', [value], { perm });
}

export function squeeze(write: NodeWriter, value: string, axis: number): string {
  return write.opset < 13
    ? write.add('Squeeze', [value], { axes: [axis] })
    : write.add('Squeeze', [value, write.ints([axis])]);
}

export function unsqueeze(write: NodeWriter, value: string, axis: number): string {
  return write.opset < 13
    ? write.add('Unsqueeze', [value], { axes: [axis] })
    : write.add('Unsqueeze', [value, write.ints([axis])]);
}

export function clip(write: NodeWriter, value: string, min: number, max: number): string {
  return write.add('Clip', [value, write.floats([min]), write.floats([max])]);
}

/** One index along an axis, which is dropped. */
export function pick(write: NodeWriter, value: string, index: number, axis: number): string {
  return write.add('Gather', [value, write.int(index)], { axis });
}

export function reduceMax(write: NodeWriter, value: string, axis: number, keepdims: 0 | 1): string {
  return largestOf(write, value, [axis], keepdims);
}

/**
 * 1 where a number along the axes, which are dropped, is NaN, otherwise 0, as uint8. On a CPU this is the cheapest way that takes no
 * infinity for NaN: bytes are compared faster than floats are added, and a sum of infinities may be NaN.
 */
export function anyNaN(write: NodeWriter, value: string, axes: readonly number[], output: string): string {
  const type = write.opset < 12 ? DataType.INT32 : DataType.UINT8; // ReduceMax takes no bytes before
  const most = largestOf(write, cast(write, write.add('IsNaN', [value]), type), axes, 0);
  return cast(write, most, DataType.UINT8, output);
}

function largestOf(write: NodeWriter, value: string, axes: readonly number[], keepdims: 0 | 1): string {
  return write.opset < 18
    ? write.add('ReduceMax', [value], { axes, keepdims })
    : write.add('ReduceMax', [value, write.ints(axes)], { keepdims });
}

/** value ≥ bound as bool. Less is older than GreaterOrEqual (opset 12), and its opposite is the same for all but NaN. */
export function atLeast(write: NodeWriter, value: string, bound: number): string {
  return write.add('Not', [write.add('Less', [value, write.floats([bound])])]);
}

/**
 * Resize to `sizes`, the name of an int64 vector with every side. The coordinates are OpenCV's: linear and cubic (a = −0.75) with
 * half-pixel centres, nearest from the corner and rounded down; no antialiasing.
 */
export function resize(write: NodeWriter, value: string, sizes: string, kernel: GraphKernel): string {
  // Up to opset 12 roi and scales may be empty but not absent.
  const empty = write.opset < 13 ? write.floats([], [0]) : '';
  const inputs = [value, empty, empty, sizes];
  if (kernel === 'nearest') {
    const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
    return write.add('Resize', inputs, attributes);
  }
  const attributes = { mode: kernel, coordinate_transformation_mode: 'half_pixel' };
  return write.add(
    'Resize',
    inputs,
    kernel === 'cubic' ? { ...attributes, cubic_coeff_a: { float: -0.75 } } : attributes,
  );
}

/** The sides `from` … `to` − 1 of a value, as an int64 vector. */
export function sidesOf(write: NodeWriter, value: string, from: number, to: number): string {
  return write.add('Slice', [write.add('Shape', [value]), write.ints([from]), write.ints([to])]);
}

/** A value as float32; the value itself when it is that already. */
export function toFloat32(write: NodeWriter, value: string, type: number): string {
  return type === DataType.FLOAT ? value : cast(write, value, DataType.FLOAT);
}
