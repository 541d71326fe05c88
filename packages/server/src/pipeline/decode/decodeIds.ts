import sharp from 'sharp';
import type { Size } from '../../domain/geometry.ts';

export interface IdMap extends Size {
  readonly data: Uint16Array;
}

/** The numbers of a 16-bit grey PNG as they are written; undefined: it is another picture. The caller vouches for its size. */
export async function decodeIds(png: Uint8Array): Promise<IdMap | undefined> {
  const { format, depth, channels, isPalette } = await sharp(png).metadata();
  if (format !== 'png' || depth !== 'ushort' || channels !== 1 || isPalette) return undefined;
  const { data, info } = await sharp(png)
    .toColourspace('grey16')
    .raw({ depth: 'ushort' })
    .toBuffer({ resolveWithObject: true });
  const ids = new Uint16Array(data.length / 2);
  new Uint8Array(ids.buffer).set(data);
  return { data: ids, width: info.width, height: info.height };
}
