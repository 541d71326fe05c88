import type { ManifestInput, ResizeKernel } from '@segserve/contract';
import type { KernelEnum } from 'sharp';
import type { Placement, Region, Size } from '../../domain/geometry.ts';
import type { ImageHeader, Pixels } from '../../domain/image.ts';
import { decodeFault } from './decodeFault.ts';
import { openPicture } from './openPicture.ts';
import { toSrgb, toSrgbLate } from './rgb.ts';

export const kernels: Readonly<Record<ResizeKernel, keyof KernelEnum>> = {
  nearest: 'nearest',
  linear: 'linear',
  cubic: 'cubic',
  lanczos: 'lanczos3',
};

/**
 * The picture as the model takes it: RGB, row by row, in the middle of the input with the manifest's padding around, or
 * its own middle alone, or at its own size where the graph resizes. Depends on nothing but the picture and the model, so that a picture's mask
 * is the same whatever answers are asked for. Transparency is laid on white: colours under alpha 0 are
 * whatever an editor left there, and must not reach an answer.
 */
export async function decodeToInput(
  bytes: Uint8Array,
  header: ImageHeader,
  placement: Placement,
  input: Pick<ManifestInput, 'fit' | 'kernel' | 'pad' | 'resizeIn'>,
): Promise<Uint8Array> {
  try {
    const wanted = input.resizeIn === 'graph' ? header : placement.region;
    const picture = await openPicture(bytes, header, wanted);
    const opaque = picture.hasAlpha ? picture.upright.flatten({ background: '#fff' }) : picture.upright;
    const { width, height } = wanted;
    const sized =
      input.resizeIn === 'graph'
        ? opaque
        : opaque.resize({ width, height, fit: 'fill', kernel: kernels[input.kernel] });
    const seen = input.fit === 'crop' ? sized.extract(middle(placement)) : sized;
    const pixels = await (picture.conversion === 'late' ? toSrgbLate(seen) : toSrgb(seen));
    return input.resizeIn === 'graph' ? pixels.data : padded(pixels, placement, input.pad);
  } catch (error) {
    throw decodeFault(error, header);
  }
}

/**
 * The part of a picture that the input sees. Of a picture of 1×65,535 that would be 16 million rows before, no more are made
 * than these: the decoder's library computes what is asked of its end.
 */
function middle({ input, region }: Placement): Size & { readonly left: number; readonly top: number } {
  return { ...input, left: -region.x, top: -region.y };
}

function padded(pixels: Pixels, { input, region }: Placement, pad: readonly [number, number, number]): Uint8Array {
  if (pixels.width === input.width && pixels.height === input.height) return pixels.data;
  const out = filled(input, pad);
  copyRows(pixels.data, out, input.width, region);
  return out;
}

function filled({ width, height }: Size, [red, green, blue]: readonly [number, number, number]): Uint8Array {
  const out = new Uint8Array(width * height * 3);
  if (red === green && green === blue) return out.fill(red);
  for (let index = 0; index < out.length; index += 3) {
    out[index] = red;
    out[index + 1] = green;
    out[index + 2] = blue;
  }
  return out;
}

function copyRows(from: Uint8Array, to: Uint8Array, toWidth: number, { x, y, width, height }: Region): void {
  for (let row = 0; row < height; row++) {
    to.set(from.subarray(row * width * 3, (row + 1) * width * 3), ((y + row) * toWidth + x) * 3);
  }
}
