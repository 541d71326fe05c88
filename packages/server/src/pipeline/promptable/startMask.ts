import type { Placement, Size } from '../../domain/geometry.ts';
import type { EncodedPicture, ImageHeader, Pixels } from '../../domain/image.ts';
import { decodeFull } from '../decode.ts';
import { growerOf, growLogits, type LogitPlane } from './growLogits.ts';

/**
 * A white and black picture as logits for the decoder: its share of white in each place, 0…1, times 20 less 10, which is how SAM 2
 * makes logits of a mask that it is given (sam2_base.py, `_use_mask_as_output`). The padding around the picture is black.
 */
export async function startMask(
  { image, header }: EncodedPicture,
  picture: ImageHeader,
  { input, region }: Placement,
  size: Size,
): Promise<Float32Array> {
  const part = picture.part;
  const seen = part ? { ...header, part, width: part.width, height: part.height } : header;
  const pixels = await decodeFull(image, seen, { width: region.width, height: region.height });
  const shares = new Float32Array(input.width * input.height);
  for (let y = 0; y < region.height; y++) {
    writeRow(pixels, y, shares, (region.y + y) * input.width + region.x);
  }
  return areaMeans({ ...input, data: shares }, size).map((share) => share * 20 - 10);
}

/** What is transparent is not white. */
function writeRow({ data, width, channels }: Pixels, y: number, shares: Float32Array, to: number): void {
  for (let x = 0, from = y * width * channels; x < width; x++, from += channels) {
    const opacity = channels === 4 ? data[from + 3]! / 255 : 1;
    shares[to + x] = (data[from]! / 255) * opacity;
  }
}

/** Means over the area that each place of the smaller plane covers; sides may divide with a rest. */
export function areaMeans({ data, width, height }: LogitPlane, size: Size): Float32Array {
  const narrow = new Float32Array(size.width * height);
  for (let y = 0; y < height; y++) meansAlong(data, y * width, 1, width, narrow, y * size.width, 1, size.width);
  const out = new Float32Array(size.width * size.height);
  for (let x = 0; x < size.width; x++) meansAlong(narrow, x, size.width, height, out, x, size.width, size.height);
  return out;
}

function meansAlong(
  from: Float32Array,
  start: number,
  step: number,
  length: number,
  to: Float32Array,
  toStart: number,
  toStep: number,
  count: number,
): void {
  const each = length / count;
  for (let index = 0; index < count; index++) {
    const [low, high] = [index * each, Math.min((index + 1) * each, length)];
    let sum = 0;
    for (let at = Math.floor(low); at < high; at++) {
      sum += from[start + at * step]! * (Math.min(at + 1, high) - Math.max(at, low));
    }
    to[toStart + index * toStep] = sum / (high - low);
  }
}

/** A mask that the decoder gave, as it takes masks: the same numbers where the sizes are the same. */
export function nextStart(plane: LogitPlane, size: Size): Float32Array {
  if (plane.width === size.width && plane.height === size.height) return plane.data.slice();
  if (plane.width >= size.width && plane.height >= size.height) return areaMeans(plane, size);
  const out = new Float32Array(size.width * size.height);
  const grower = growerOf(plane, {
    input: plane,
    region: { x: 0, y: 0, width: plane.width, height: plane.height },
    upsample: 'direct',
    target: size,
  });
  growLogits(plane, grower, (row, _, y) => out.set(row, y * size.width));
  return out;
}
