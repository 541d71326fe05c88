import assert from 'node:assert/strict';
import sharp from 'sharp';
import { pixelsOf, plainPixels, png } from '../../packages/server/src/pipeline/testing/pictures.ts';

export { pixelsOf };

/** A picture of one colour; green and blue say nothing to a red matte. */
export function redPicture(red: number, width = 40, height = 30): Promise<Buffer> {
  return png(plainPixels(width, height, [red, 255 - red, 90]), width, height);
}

/** Noise: a picture that no encoder makes small. The same for each seed. */
export function noisePicture(width: number, height: number, seed = 1): Promise<Buffer> {
  return sharp(noise(width * height * 3, seed), { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 0 })
    .toBuffer();
}

export function noise(count: number, seed: number): Buffer {
  let state = seed >>> 0;
  const bytes = Buffer.allocUnsafe(count);
  for (let at = 0; at < count; at++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

/** Fails unless these bytes are an alpha picture of this size with this one opacity everywhere. */
export async function assertAlpha(bytes: Uint8Array, red: number, width = 40, height = 30): Promise<void> {
  const pixels = await pixelsOf(bytes);
  assert.deepEqual([pixels.width, pixels.height], [width, height]);
  const wrong = pixels.data.find((value) => value !== red);
  assert.equal(wrong, undefined, `the answer to a picture of red ${red} is that of red ${wrong}`);
}
