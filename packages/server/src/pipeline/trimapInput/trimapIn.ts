import type { Placement, Size } from '../../domain/geometry.ts';
import { type ImageHeader, wholeSizeOf } from '../../domain/image.ts';
import { resizeNearest, type Window } from '../postprocess/labels.ts';
import { type Trimap, trimapBytes } from './readTrimap.ts';

/** The trimap as it stands beside the picture in the model's input: same place, nearest pixel, background around. */
export function trimapIn(trimap: Trimap, header: ImageHeader, { input, region }: Placement): Uint8Array {
  const seen = trimapAt(trimap, header, region);
  if (region.width === input.width && region.height === input.height) return seen;
  const out = new Uint8Array(input.width * input.height).fill(trimapBytes.background);
  for (let row = 0; row < region.height; row++) {
    out.set(seen.subarray(row * region.width, (row + 1) * region.width), (region.y + row) * input.width + region.x);
  }
  return out;
}

/** The trimap at another size: of the whole picture, or of the part of it that is looked at. */
export function trimapAt(trimap: Trimap, header: ImageHeader, { width, height }: Size): Uint8Array {
  return resizeNearest(trimap.data, trimap, windowOf(trimap, header), { width, height });
}

/** Where the picture's part lies in the trimap, which may have another scale. */
function windowOf({ width, height }: Size, header: ImageHeader): Window {
  const { part } = header;
  if (part === undefined) return { x: 0, y: 0, width, height };
  const whole = wholeSizeOf(header);
  const [across, down] = [width / whole.width, height / whole.height];
  return { x: part.x * across, y: part.y * down, width: part.width * across, height: part.height * down };
}
