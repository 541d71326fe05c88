import type { ResizeKernel } from '@segserve/contract';
import type { Size } from '../../domain/geometry.ts';
import { kernels } from '../decode/decodeToInput.ts';
import { toSrgb } from '../decode/rgb.ts';
import { sharp } from '../decode/sharpSetup.ts';

/** RGB pixels at another size. */
export async function resizePixels(
  pixels: Uint8Array,
  from: Size,
  to: Size,
  kernel: ResizeKernel,
): Promise<Uint8Array> {
  if (from.width === to.width && from.height === to.height) return pixels;
  const raw = { width: from.width, height: from.height, channels: 3 } as const;
  const { data } = await toSrgb(
    sharp(pixels, { raw, limitInputPixels: false }).resize({
      width: to.width,
      height: to.height,
      fit: 'fill',
      kernel: kernels[kernel],
    }),
  );
  return data;
}
