import { channelCount } from './channelCount.ts';
import type { Draft } from './draft.ts';
import { elementTypeName, isFloat } from './elementType.ts';
import type { FusionOutput } from './fusionSpec.ts';
import type { ValueInfoProto } from './gen/onnx_pb.ts';
import { GraphError } from './graphError.ts';
import { type Dim, shapeText, tensorInfo } from './tensorInfo.ts';

/** The network's answer before our back: per pixel one number per channel, or (`axis` undefined) just one. */
export interface Scores {
  readonly name: string;
  readonly type: number;
  /** The channels' axis; undefined for [N,h,w]. */
  readonly axis: 1 | 3 | undefined;
  readonly channels: number;
  readonly batch: Dim;
  readonly height: Dim;
  readonly width: Dim;
}

/**
 * What the chosen output holds, checked against what the manifest says of it.
 *
 * @throws {GraphError} for shapes that are no map of scores, integer scores, an unknown number of channels
 */
export function scoresOf(draft: Draft, value: ValueInfoProto, spec: FusionOutput, classes: number | undefined): Scores {
  const info = tensorInfo(value);
  if (info === undefined)
    throw new GraphError(`Expected output "${value.name}" to be a tensor but its type says otherwise`);
  const { type, dims } = info;
  if (!isFloat(type)) {
    throw new GraphError(
      `Expected ${spec.kind} to be floats but output "${value.name}" is ${elementTypeName(type)}; if it is a class map, its kind is labels`,
    );
  }
  if (dims?.length === 3) {
    return { name: value.name, type, axis: undefined, channels: 1, batch: dims[0], height: dims[1], width: dims[2] };
  }
  const axis = spec.layout === 'nchw' ? 1 : 3;
  if (dims !== undefined && dims.length !== 4) {
    const wanted = axis === 1 ? '[N,C,h,w]' : '[N,h,w,C]';
    throw new GraphError(
      `Expected ${spec.kind} of shape ${wanted} or [N,h,w] but output "${value.name}" is ${shapeText(dims)}`,
    );
  }
  const channels = channelCount(draft.model.graph, value.name, info, axis) ?? classes;
  if (channels === undefined) {
    throw new GraphError(
      `Expected to learn the number of channels of output "${value.name}" from its shape ${shapeText(dims)}, its last convolution or the labels, but none tells`,
    );
  }
  const [height, width] = axis === 1 ? [dims?.[2], dims?.[3]] : [dims?.[1], dims?.[2]];
  return { name: value.name, type, axis, channels, batch: dims?.[0], height, width };
}
