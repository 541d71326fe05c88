import { affine } from './affine.ts';
import type { Draft } from './draft.ts';
import { byteRange, elementTypeName, isFloat } from './elementType.ts';
import type { FusionInput } from './fusionSpec.ts';
import { TensorProto_DataType as DataType, type ValueInfoProto } from './gen/onnx_pb.ts';
import { GraphError } from './graphError.ts';
import { NodeWriter } from './nodeWriter.ts';
import { cast, clip, type GraphKernel, resize, sidesOf, transpose } from './operators.ts';
import { type Dim, declareTensor, shapeText, type TensorInfo, tensorInfo } from './tensorInfo.ts';

/** The model's picture input as the manifest and the graph together describe it. */
export interface ModelInput {
  /** The value that the network reads: [N,3,H,W] or [N,H,W,3]. */
  readonly name: string;
  readonly layout: 'nchw' | 'nhwc';
  readonly batch: Dim;
  readonly height: Dim;
  readonly width: Dim;
}

export interface Front {
  readonly modelInput: ModelInput;
  readonly operators: string[];
}

/**
 * Puts the way from pixels to the network's numbers in front: the graph then takes `image`, uint8 [N,H,W,3] in the order R, G, B.
 *
 * The order of the steps is chosen for speed and exactness: what only moves pixels (transpose, channel order, nearest resize) is done
 * on bytes, a quarter of the traffic; the arithmetic is one Mul and one Add in float32, also for float16 models, whose type
 * comes last.
 *
 * @throws {GraphError} when the declared shape contradicts layout or size, or the element type is none for pixels
 */
export function fuseFront(draft: Draft, value: ValueInfoProto, spec: FusionInput): Front {
  const { graph } = draft.model;
  const info = checkedInfo(value, spec);
  const dims = sidesOfModel(info, spec);
  const write = new NodeWriter(draft.names, draft.opset);
  const last = writeFront(write, spec, dims, info.type);

  if (last === 'image') {
    draft.names.rename(value.name, 'image');
  } else {
    write.nodes.at(-1)!.output = [value.name];
    graph.valueInfo = graph.valueInfo.filter((other) => other.name !== value.name);
    graph.valueInfo.push(declareTensor(value.name, info.type, info.dims));
  }
  const imageDims = imageShape(dims, spec.resize !== undefined);
  graph.input = graph.input.map((input) =>
    input === value ? declareTensor('image', DataType.UINT8, imageDims) : input,
  );
  graph.node.unshift(...write.nodes);
  graph.initializer.push(...write.initializers);
  const modelInput = { name: last === 'image' ? 'image' : value.name, layout: spec.layout, ...dims };
  return { modelInput, operators: write.nodes.map((node) => node.opType) };
}

/** From `image` to what the network reads; returns the name of the last value, `image` itself when there is nothing to do. */
function writeFront(write: NodeWriter, spec: FusionInput, dims: Sides, type: number): string {
  const { layout, channels, resize: kernel } = spec;
  const mixes = kernel === 'linear' || kernel === 'cubic';
  const planar = layout === 'nchw';
  let pixels = kernel === 'nearest' ? toModelSize(write, 'image', false, dims, kernel) : 'image';
  // Whole planes are swapped and resized faster than channels one by one, so an interleaved network's pixels go there and back.
  if (planar || channels === 'bgr' || mixes) pixels = transpose(write, pixels, [0, 3, 1, 2]);
  if (channels === 'bgr') pixels = write.add('Gather', [pixels, write.ints([2, 1, 0])], { axis: 1 });
  if (mixes) pixels = toModelSize(write, cast(write, pixels, DataType.FLOAT), true, dims, kernel);
  if (!planar && mixes) pixels = interleaveApart(write, pixels, dims);
  else if (!planar && channels === 'bgr') pixels = transpose(write, pixels, [0, 2, 3, 1]);
  return toNumbers(write, pixels, mixes, type, spec);
}

/**
 * Transpose to [N,H,W,3] between two reshapes. Plain, the runtime's optimiser would cancel it against the transpose before the resize, and
 * onnxruntime 1.30 then refuses to shrink interleaved pixels by cubic.
 */
function interleaveApart(write: NodeWriter, planes: string, { height, width }: Sides): string {
  const rows = write.add('Reshape', [planes, write.ints([0, 0, -1])]);
  return write.add('Reshape', [
    transpose(write, rows, [0, 2, 1]),
    write.ints([0, height as number, width as number, 3]),
  ]);
}

/** Bytes (or float32 after a resize that mixes pixels) to x · mul + add in the model's own type. */
function toNumbers(write: NodeWriter, pixels: string, isFloat32: boolean, type: number, spec: FusionInput): string {
  const { mul, add } = affine(spec);
  if (![...mul, ...add].every(Number.isFinite)) {
    throw new GraphError(
      `Expected finite scale and mean and std other than 0 but found std [${spec.std}], mean [${spec.mean}]`,
    );
  }
  const steps = [
    ...(mul.some((m) => m !== 1) ? [{ opType: 'Mul', values: mul }] : []),
    ...(add.some((a) => a !== 0) ? [{ opType: 'Add', values: add }] : []),
  ];
  if (steps.length === 0 && !isFloat32) return type === DataType.UINT8 ? pixels : cast(write, pixels, type);

  const floats = isFloat32 ? pixels : cast(write, pixels, DataType.FLOAT);
  let numbers = spec.layout === 'nchw' ? perPlane(write, floats, steps) : perPixel(write, floats, steps);
  if (type === DataType.FLOAT) return numbers;
  if (!isFloat(type)) numbers = write.add('Round', [numbers]);
  const range = byteRange(type);
  return cast(write, range === undefined ? numbers : clip(write, numbers, range[0], range[1]), type);
}

interface Step {
  readonly opType: string;
  readonly values: readonly number[];
}

function perPlane(write: NodeWriter, value: string, steps: readonly Step[]): string {
  let result = value;
  for (const { opType, values } of steps) {
    const constant = isUniform(values) ? write.floats([values[0]!]) : write.floats(values, [1, 3, 1, 1]);
    result = write.add(opType, [result, constant]);
  }
  return result;
}

/**
 * Broadcasting along an innermost axis of 3 is ten times slower than along a row (6.5 against 0.7 ms at 512², onnxruntime 1.30), so
 * the three numbers are repeated to the length of a row.
 */
function perPixel(write: NodeWriter, value: string, steps: readonly Step[]): string {
  if (steps.every(({ values }) => isUniform(values))) return perPlane(write, value, steps);
  const width = sidesOf(write, value, 2, 3);
  let result = write.add('Reshape', [value, write.ints([0, 0, -1])]);
  for (const { opType, values } of steps) {
    const row = isUniform(values) ? write.floats([values[0]!]) : write.add('Tile', [write.floats(values), width]);
    result = write.add(opType, [result, row]);
  }
  return write.add('Reshape', [result, write.ints([0, 0, -1, 3])]);
}

function isUniform(values: readonly number[]): boolean {
  return values.every((value) => value === values[0]);
}

function toModelSize(write: NodeWriter, pixels: string, planar: boolean, dims: Sides, kernel: GraphKernel): string {
  const size = [dims.height, dims.width] as number[];
  const sides = planar ? [3, ...size] : [...size, 3];
  if (typeof dims.batch === 'number') return resize(write, pixels, write.ints([dims.batch, ...sides]), kernel);
  const sizes = write.add('Concat', [sidesOf(write, pixels, 0, 1), write.ints(sides)], { axis: 0 });
  return resize(write, pixels, sizes, kernel);
}

interface Sides {
  readonly batch: Dim;
  readonly height: Dim;
  readonly width: Dim;
}

function sidesOfModel({ dims }: TensorInfo, { layout, size, resize: kernel }: FusionInput): Sides {
  const [batch, height, width] =
    layout === 'nchw' ? [dims?.[0], dims?.[2], dims?.[3]] : [dims?.[0], dims?.[1], dims?.[2]];
  const fixed = { width: size?.width, height: size?.height };
  for (const [side, found] of [
    ['width', width],
    ['height', height],
  ] as const) {
    const expected = fixed[side];
    if (expected !== undefined && typeof found === 'number' && found !== expected) {
      throw new GraphError(
        `Expected an input of ${side} ${expected}, as the manifest says, but the graph fixes ${found}`,
      );
    }
  }
  if (kernel === undefined) return { batch, height, width };
  const target = { batch, height: fixed.height ?? height, width: fixed.width ?? width };
  if (typeof target.height !== 'number' || typeof target.width !== 'number') {
    throw new GraphError(
      'Expected a fixed input size to resize to in the graph but neither the manifest nor the graph gives one',
    );
  }
  return target;
}

function imageShape({ batch, height, width }: Sides, anySize: boolean): (number | string)[] {
  const sides = anySize ? ['image_height', 'image_width'] : [height ?? 'image_height', width ?? 'image_width'];
  return [batch ?? 'batch', ...sides, 3];
}

function checkedInfo(value: ValueInfoProto, spec: FusionInput): TensorInfo {
  const info = tensorInfo(value);
  if (
    info === undefined ||
    elementTypeName(info.type).startsWith('complex') ||
    elementTypeName(info.type) === 'string'
  ) {
    throw new GraphError(
      `Expected input "${value.name}" to be a tensor of numbers but it is ${info ? elementTypeName(info.type) : 'none'}`,
    );
  }
  if (info.dims === undefined) return info;
  const axis = spec.layout === 'nchw' ? 1 : 3;
  const wanted = spec.layout === 'nchw' ? '[N,3,H,W]' : '[N,H,W,3]';
  if (info.dims.length !== 4) {
    throw new GraphError(`Expected input "${value.name}" to be ${wanted} but it is ${shapeText(info.dims)}`);
  }
  const channels = info.dims[axis];
  if (typeof channels === 'number' && channels !== 3) {
    const other = spec.layout === 'nchw' ? 'nhwc' : 'nchw';
    const hint = info.dims[axis === 1 ? 3 : 1] === 3 ? `; its layout looks like ${other}` : '';
    throw new GraphError(
      `Expected 3 channels on axis ${axis} of input "${value.name}" (layout ${spec.layout}, ${wanted}) but found ${channels} in ${shapeText(info.dims)}${hint}`,
    );
  }
  return info;
}
