import { Fault } from '../../domain/fault.ts';
import type { Region } from '../../domain/geometry.ts';
import type { ImageHeader } from '../../domain/image.ts';
import { stretchPixels } from '../../domain/tiling.ts';
import { decodeFault } from '../decode/decodeFault.ts';
import { openPicture } from '../decode/openPicture.ts';
import { toSrgb, toSrgbLate } from '../decode/rgb.ts';

/** Rows of the upright picture as RGB, from the top down; transparency is laid on white. */
export class RowReader {
  readonly #bytes: Uint8Array;
  readonly #header: ImageHeader;
  readonly #stretch: number;
  #top = 0;
  #rows = 0;
  #data: Uint8Array = new Uint8Array(0);

  /** `stretch`: pixels that are decoded at once. */
  constructor(bytes: Uint8Array, header: ImageHeader, stretch = stretchPixels) {
    this.#bytes = bytes;
    this.#header = header;
    this.#stretch = stretch;
  }

  /** `count` rows from `y` on, all inside the picture. A view: it holds until the next call. */
  async rows(y: number, count: number): Promise<Uint8Array> {
    const { width, height } = this.#header;
    if (y < this.#top || y + count > this.#top + this.#rows) {
      this.#data = new Uint8Array(0); // its memory may go before the next stretch takes as much
      this.#top = y;
      this.#rows = Math.min(Math.max(count, Math.floor(this.#stretch / width)), height - y);
      const { part } = this.#header;
      const region = { x: part?.x ?? 0, y: (part?.y ?? 0) + y, width, height: this.#rows };
      this.#data = await decodePart(this.#bytes, this.#header, region);
    }
    const from = (y - this.#top) * width * 3;
    return this.#data.subarray(from, from + count * width * 3);
  }
}

async function decodePart(bytes: Uint8Array, header: ImageHeader, part: Region): Promise<Uint8Array> {
  try {
    const picture = await openPicture(bytes, { ...header, width: part.width, height: part.height, part }, part);
    const opaque = picture.hasAlpha ? picture.upright.flatten({ background: '#fff' }) : picture.upright;
    const { data, width, height, channels } = await (picture.conversion === 'late'
      ? toSrgbLate(opaque)
      : toSrgb(opaque));
    if (width === part.width && height === part.height && channels === 3) return data;
    const promised = `a picture that holds ${part.width}×${part.height} pixels at ${part.x}, ${part.y}`;
    throw Fault.expected('corrupt_image', promised, `${width}×${height} pixels of ${channels} channels`);
  } catch (error) {
    throw decodeFault(error, header);
  }
}
