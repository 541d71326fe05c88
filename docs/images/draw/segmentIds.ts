import sharp from 'sharp';
import { instanceColor } from '../../../packages/server/src/pipeline/instances/instanceColors.ts';
import { framed } from './frame.ts';

/** COCO's panoptic PNG with a colour for each id, R + 256 · G + 65536 · B; black where there is none. */
export async function segmentIds(answer: Buffer): Promise<Buffer> {
  const { data, info } = await sharp(answer).raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const out = new Uint8Array(width * height * 3);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [red, green, blue] = data.subarray(pixel * channels, pixel * channels + 3);
    const id = red! + 256 * green! + 65_536 * blue!;
    if (id > 0) out.set(instanceColor(id), pixel * 3);
  }
  const shown = await sharp(out, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
  return framed(shown, 'nearest');
}
