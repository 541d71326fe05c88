import type { PictureManifest, TrimapInput } from '@segserve/contract';
import type { Tensor } from 'onnxruntime-node';
import type { Size } from '../../domain/geometry.ts';
import { normalise } from '../../graph/pixelLoops.ts';
import { numberTensor } from '../numberTensor.ts';
import type { Session } from '../session.ts';
import { trimapChannels, trimapPlanes, withTrimapPlanes } from './trimapPlanes.ts';

/** What the network is fed with: a picture, and a trimap where that has an input of its own. */
export interface TrimapFeeds {
  readonly image: Tensor;
  readonly trimap?: Tensor;
}

/** `pixels`: RGB of `n` pictures of one `size`; `trimap`: a byte for each of their pixels, as `trimapBytes` says. */
export function trimapFeeds(
  { graph, inputType }: Session,
  { input }: PictureManifest,
  rule: TrimapInput,
  pixels: Uint8Array,
  trimap: Uint8Array,
  n: number,
  { width, height }: Size,
): TrimapFeeds {
  const { layout } = input;
  const shape = { layout, n, area: width * height };
  const dims = (channels: number) => (layout === 'nchw' ? [n, channels, height, width] : [n, height, width, channels]);
  const colors = normalise(pixels, n, height, width, input);
  const channels = trimapChannels(rule);
  if (graph.trimapName === undefined) {
    const numbers = withTrimapPlanes(colors, trimap, rule, shape);
    return { image: numberTensor(inputType, numbers, dims(3 + channels)) };
  }
  const type = graph.signature.inputs.find(({ name }) => name === graph.trimapName)?.type ?? 'float32';
  return {
    image: numberTensor(inputType, colors, dims(3)),
    trimap: numberTensor(type, trimapPlanes(trimap, rule, shape), dims(channels)),
  };
}
