import { Fault } from '../../domain/fault.ts';
import type { Size } from '../../domain/geometry.ts';
import type { EncodedPicture } from '../../domain/image.ts';
import { decodeFault } from '../decode/decodeFault.ts';
import { openPicture } from '../decode/openPicture.ts';

/** What a trimap's pixel says, as bytes. */
export const trimapBytes = { background: 0, unknown: 1, foreground: 2 } as const;

/** A decoded trimap, upright, row by row. */
export interface Trimap extends Size {
  readonly data: Uint8Array;
}

/** A tenth from black and from white, as PyMatting draws the lines: what a lossy format has blurred counts as unknown. */
const backgroundMost = 25;
const foregroundLeast = 230;

const classOfGrey = Uint8Array.from({ length: 256 }, (_, grey) => {
  if (grey <= backgroundMost) return trimapBytes.background;
  return grey >= foregroundLeast ? trimapBytes.foreground : trimapBytes.unknown;
});

/** Rejects with a Fault that says that it is the trimap's. */
export async function readTrimap(picture: EncodedPicture): Promise<Trimap> {
  const { width, height } = picture.header;
  const grey = await greyOf(picture);
  checkBrightness(grey);
  return { data: grey.map((value) => classOfGrey[value]!), width, height };
}

async function greyOf({ image, header }: EncodedPicture): Promise<Uint8Array> {
  try {
    const { upright } = await openPicture(image, header, header);
    const { data, info } = await upright
      .removeAlpha()
      .toColourspace('b-w')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true });
    const { width, height } = header;
    if (info.channels === 1 && data.length === width * height) return data;
    throw Fault.expected('corrupt_image', `${width}×${height} grey pixels`, `${info.width}×${info.height} others`);
  } catch (error) {
    const fault = decodeFault(error, header);
    throw Fault.fromWire({ ...fault.toWire(), message: `Of the trimap: ${fault.message}` });
  }
}

/** A trimap of class numbers 0, 1, 2 looks black: everything would be background, which nobody meant. */
function checkBrightness(grey: Uint8Array): void {
  let brightest = 0;
  for (const value of grey) if (value > brightest) brightest = value;
  if (brightest === 0 || brightest > backgroundMost) return;
  const expected = 'a trimap of 0 (background), about 128 (unknown) and 255 (foreground)';
  throw Fault.expected('invalid_request', expected, `one whose brightest value is ${brightest}`);
}
