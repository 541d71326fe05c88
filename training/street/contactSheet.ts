import sharp from 'sharp';
import { presets } from '../../packages/server/src/models/presets.ts';

export interface Seen {
  /** The encoded photo. */
  readonly photo: Uint8Array;
  /** Class numbers of the annotation and of the answer, of the photo's own size; white: void. */
  readonly truth: Uint8Array;
  readonly answer: Uint8Array;
}

const cell = { width: 320, height: 240 };
const perRow = 2;

/** Photo, photo under the annotation's colours, photo under the answer's; two such rows beside each other. */
export async function contactSheet(file: string, all: readonly Seen[]): Promise<void> {
  const cells = await Promise.all(all.map(cellsOf));
  const rows = Math.ceil(all.length / perRow);
  await sharp({
    create: { width: cell.width * 3 * perRow, height: cell.height * rows, channels: 3, background: 'white' },
  })
    .composite(
      cells.flatMap((three, at) =>
        three.map((input, part) => ({
          input,
          left: ((at % perRow) * 3 + part) * cell.width,
          top: Math.floor(at / perRow) * cell.height,
        })),
      ),
    )
    .png()
    .toFile(file);
}

async function cellsOf({ photo, truth, answer }: Seen): Promise<Buffer[]> {
  const { data, info } = await sharp(photo)
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const size = { width: info.width, height: info.height, channels: 3 as const };
  const small = (pixels: Uint8Array) => sharp(pixels, { raw: size }).resize(cell.width, cell.height).png().toBuffer();
  return Promise.all([data, colored(data, truth), colored(data, answer)].map(small));
}

function colored(photo: Uint8Array, classes: Uint8Array): Uint8Array {
  const out = new Uint8Array(photo.length);
  for (let at = 0; at < classes.length; at++) {
    const [, ...color] = presets.camvid11[classes[at]!] ?? ['void', 255, 255, 255];
    for (let channel = 0; channel < 3; channel++) {
      out[at * 3 + channel] = 0.35 * photo[at * 3 + channel]! + 0.65 * color[channel]!;
    }
  }
  return out;
}
