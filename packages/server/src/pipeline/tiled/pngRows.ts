import { once } from 'node:events';
import { constants, createDeflate, type Deflate } from 'node:zlib';
import type { Size } from '../../domain/geometry.ts';
import { chunk, pngHeader, pngSignature } from '../encode/png.ts';
import { ByteBudget } from './byteBudget.ts';

export interface PngRowsOptions extends Size {
  readonly bits: 8 | 16;
  /** R, G, B of each value; makes the picture an indexed one. */
  readonly palette?: Uint8Array;
  /** 8 bits: what is stored is the difference to the line above. */
  readonly smooth?: boolean;
  readonly bytesMax: number;
}

/** A grey or indexed PNG that is compressed as its rows come: only the compressed bytes are held. */
export class PngRows {
  readonly #options: PngRowsOptions;
  readonly #deflate: Deflate;
  readonly #packed: ByteBudget;
  #fault: unknown;
  #above: Uint8Array;

  constructor(options: PngRowsOptions) {
    this.#options = options;
    this.#packed = new ByteBudget(options.bytesMax);
    this.#above = new Uint8Array(options.width);
    const runsOnly = options.bits === 8 ? { strategy: constants.Z_RLE } : {};
    this.#deflate = createDeflate({ level: 3, chunkSize: 1 << 16, ...runsOnly });
    this.#deflate.on('data', (piece: Uint8Array) => this.#take(piece));
  }

  /** Whole rows, in order. */
  async push(rows: Uint8Array | Uint16Array): Promise<void> {
    const lines = rows instanceof Uint16Array ? this.#lines16(rows) : this.#lines8(rows);
    if (!this.#deflate.write(lines)) await once(this.#deflate, 'drain');
    if (this.#fault !== undefined) throw this.#fault;
  }

  async end(): Promise<Uint8Array> {
    this.#deflate.end();
    await once(this.#deflate, 'end');
    if (this.#fault !== undefined) throw this.#fault;
    const { width, height, bits, palette } = this.#options;
    const parts = [pngSignature, pngHeader({ width, height, bits, indexed: palette !== undefined })];
    if (palette) parts.push(chunk('PLTE', palette));
    return Buffer.concat([...parts, chunk('IDAT', this.#packed.whole()), chunk('IEND', new Uint8Array())]);
  }

  /** Gives the compressor's memory back where no end comes. */
  close(): void {
    this.#deflate.destroy();
  }

  #take(piece: Uint8Array): void {
    if (this.#fault !== undefined) return;
    try {
      this.#packed.add(piece);
    } catch (error) {
      this.#fault = error;
    }
  }

  #lines8(rows: Uint8Array): Uint8Array {
    const { width, smooth = false } = this.#options;
    const height = rows.length / width;
    const lines = new Uint8Array((width + 1) * height);
    for (let y = 0, at = 0; y < height; y++) {
      const row = rows.subarray(y * width, (y + 1) * width);
      lines[at++] = smooth ? 2 : 0; // the filter: 2 is the difference to the line above, modulo 256
      if (smooth) for (let x = 0; x < width; x++) lines[at + x] = row[x]! - this.#above[x]!;
      else lines.set(row, at);
      at += width;
      if (smooth) this.#above = new Uint8Array(row);
    }
    return lines;
  }

  #lines16(rows: Uint16Array): Uint8Array {
    const { width } = this.#options;
    const height = rows.length / width;
    const lines = new Uint8Array((width * 2 + 1) * height);
    for (let y = 0, at = 0, source = 0; y < height; y++) {
      at += 1;
      for (let x = 0; x < width; x++, source++) {
        lines[at++] = rows[source]! >> 8; // big-endian
        lines[at++] = rows[source]!;
      }
    }
    return lines;
  }
}
