import { elementTypeName } from './elementType.ts';
import type { FusionOutput } from './fusionSpec.ts';
import { TensorProto_DataType as DataType, type GraphProto, type ValueInfoProto } from './gen/onnx_pb.ts';
import { GraphError } from './graphError.ts';
import { type Dim, shapeText, tensorInfo } from './tensorInfo.ts';

/** A class map that the model makes itself: [N,h,w], [N,1,h,w], [N,h,w,1] or [h,w] of any type of number. */
export interface LabelMap {
  readonly name: string;
  readonly type: number;
  /** An axis of length 1 to drop, or `add` where the batch is missing. */
  readonly axis: 1 | 3 | 'add' | undefined;
  readonly batch: Dim;
  readonly height: Dim;
  readonly width: Dim;
}

/** @throws {GraphError} when the chosen output's shape or type is none of a class map */
export function labelMapOf(graph: GraphProto, value: ValueInfoProto, spec: FusionOutput): LabelMap {
  const info = tensorInfo(value);
  if (info === undefined || info.type === DataType.STRING) {
    throw new GraphError(
      `Expected output "${value.name}" to be a class map but it is ${info ? elementTypeName(info.type) : 'no tensor'}`,
    );
  }
  const { type } = info;
  const dims = info.dims ?? dimsOfArgMax(graph, value.name);
  const found = { name: value.name, type };
  const wrong = new GraphError(
    `Expected labels of shape [N,h,w], [N,1,h,w] or [N,h,w,1] but output "${value.name}" is ${shapeText(dims)}`,
  );
  if (dims?.length === 2) return { ...found, axis: 'add', batch: 1, height: dims[0], width: dims[1] };
  if (dims?.length === 3) return { ...found, axis: undefined, batch: dims[0], height: dims[1], width: dims[2] };
  if (dims?.length !== 4) throw wrong;
  // The manifest's layout decides only where the shape does not: in [1,1,1,1], or where sides are symbols.
  const preferred = spec.layout === 'nchw' ? 1 : 3;
  const axis = ([preferred, 1, 3] as const).find((candidate) => dims[candidate] === 1) ?? preferred;
  if (typeof dims[axis] === 'number' && dims[axis] !== 1) throw wrong;
  const [height, width] = axis === 1 ? [dims[2], dims[3]] : [dims[1], dims[2]];
  return { ...found, axis, batch: dims[0], height, width };
}

/** An ArgMax tells the number of axes even where the output's shape is not declared. */
function dimsOfArgMax(graph: GraphProto, name: string): Dim[] | undefined {
  const node = graph.node.find((candidate) => candidate.output.includes(name));
  if (node?.opType !== 'ArgMax') return undefined;
  const attribute = (key: string) => node.attribute.find((candidate) => candidate.name === key)?.i;
  if (attribute('keepdims') === 0n) return [undefined, undefined, undefined];
  const axis = Number(attribute('axis') ?? 0n);
  return [undefined, undefined, undefined, undefined].map((_, side) => (side === (axis + 4) % 4 ? 1 : undefined));
}
