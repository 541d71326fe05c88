import sharp from 'sharp';
import { type Frame, framed, frameOf } from './frame.ts';

/** Values 0 … the largest one spread over black to white. */
export async function spread(map: Buffer): Promise<Buffer> {
  const { data, info } = await sharp(map).raw().toBuffer({ resolveWithObject: true });
  const values = Array.from({ length: info.width * info.height }, (_, at) => data[at * info.channels]!);
  const most = values.reduce((a, b) => Math.max(a, b), 1);
  return framed(await grey(values, info, 255 / most), 'nearest');
}

export interface Plane extends Frame {
  /** 0…1 */
  readonly values: ArrayLike<number>;
  readonly title: string;
}

/** Planes of 0…1 as grey tiles with their names, three in a row. */
export async function tiles(planes: readonly Plane[]): Promise<Buffer> {
  const columns = Math.min(3, planes.length);
  const { width: whole } = frameOf(planes[0]!);
  const gap = 6;
  const width = Math.floor((whole - gap * (columns - 1)) / columns);
  const height = Math.round((planes[0]!.height * width) / planes[0]!.width);
  const rows = Math.ceil(planes.length / columns);
  const layers = await Promise.all(
    planes.map(async (plane, index) => {
      const label = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><text x="6" y="17" font-family="sans-serif" font-size="14" fill="#fff" stroke="#000" stroke-width="3" paint-order="stroke">${plane.title}</text></svg>`;
      const input = await sharp(await grey(plane.values, plane, 255))
        .resize(width, height, { fit: 'fill' })
        .toColourspace('srgb')
        .composite([{ input: Buffer.from(label) }])
        .png()
        .toBuffer();
      return {
        input,
        left: (index % columns) * (width + gap),
        top: Math.floor(index / columns) * (height + gap),
      };
    }),
  );
  const size = { width: whole, height: rows * (height + gap) - gap };
  return sharp({ create: { ...size, channels: 3, background: '#fff' } })
    .composite(layers)
    .png()
    .toBuffer();
}

export async function grey(values: ArrayLike<number>, { width, height }: Frame, factor: number): Promise<Buffer> {
  const data = Uint8Array.from(values, (value) => Math.round(value * factor));
  return sharp(data, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
}
