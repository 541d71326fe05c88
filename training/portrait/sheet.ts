import sharp, { type OverlayOptions } from 'sharp';

/** A photo and what one or two models said of it. */
export interface SheetRow {
  readonly photo: string;
  readonly alphas: readonly { readonly values: Uint8Array; readonly width: number; readonly height: number }[];
  /** Where it stands: ascending. */
  readonly order: number;
}

const side = 160;
const [across, most] = [4, 56];

/** Photo and cut-outs on green, side by side; of many rows the first ones. */
export async function drawSheet(rows: readonly SheetRow[], file: string): Promise<void> {
  const sorted = rows.toSorted((one, other) => one.order - other.order);
  // The worst validation photos have the greatest order; twenty from the middle stand for the usual ones.
  const labelled = sorted.filter(({ order }) => order > 1);
  const middle = Math.floor(labelled.length / 2);
  const unlabelled = sorted.filter(({ order }) => order <= 1);
  const shown = [...unlabelled, ...labelled.slice(middle, middle + 20), ...labelled.slice(-20)].slice(0, most);
  const perRow = 1 + (shown[0]?.alphas.length ?? 0);
  const tiles: OverlayOptions[] = [];
  for (const [at, { photo, alphas }] of shown.entries()) {
    const small = await sharp(photo)
      .rotate()
      .resize(side, side, { fit: 'fill' })
      .removeAlpha()
      .toColourspace('srgb')
      .raw()
      .toBuffer();
    const pictures: Buffer[] = [small];
    for (const alpha of alphas) pictures.push(cutOut(small, await smallAlpha(alpha)));
    for (const [part, pixels] of pictures.entries()) {
      const left = ((at % across) * perRow + part) * side;
      tiles.push({
        input: pixels,
        raw: { width: side, height: side, channels: 3 },
        left,
        top: Math.floor(at / across) * side,
      });
    }
  }
  const height = Math.ceil(shown.length / across) * side;
  const sheet = sharp({ create: { width: across * perRow * side, height, channels: 3, background: '#000' } });
  await sheet.composite(tiles).png().toFile(file);
}

async function smallAlpha({ values, width, height }: SheetRow['alphas'][number]): Promise<Uint8Array> {
  const resized = sharp(values, { raw: { width, height, channels: 1 } }).resize(side, side, { fit: 'fill' });
  return resized.extractChannel(0).raw().toBuffer();
}

function cutOut(pixels: Uint8Array, alpha: Uint8Array): Buffer {
  const green = [0, 200, 0];
  return Buffer.from(
    pixels.map((value, at) => {
      const opacity = alpha[Math.floor(at / 3)]! / 255;
      return Math.round(value * opacity + green[at % 3]! * (1 - opacity));
    }),
  );
}
