import { pixelsAtMost } from './pixelsAtMost.ts';

/**
 * Label Studio's brush: the picture as four equal channels (0 or 255), in runs of bytes, packed into bits from the
 * highest. In front 32 bits: how many bytes; 5 bits: bits of a value − 1; four times 4 bits: the sizes of length fields
 * − 1. Then for each run 1 bit: 1, the value comes once; 2 bits: which size; the length − 1; the value.
 * Source: thi.ng/rle-pack, whose form Label Studio and its converter read.
 */
const sizes = [3, 4, 8, 16] as const;
const channels = 4;
const bytesMax = 65_536; // of one run

/** Runs of pixels, alternating between outside and inside, outside first (0 when the first pixel is inside). */
export type RowRuns = readonly number[];

export function brushRle(runs: RowRuns): Uint8Array {
  const pixels = runs.reduce((sum, run) => sum + run, 0);
  pixelsAtMost(Math.floor((2 ** 32 - 1) / channels), pixels, 'the answer labelstudio');
  const writer = new BitWriter(runs.length * 4 + (pixels * channels) / 16_384 + 16);
  writer.write(pixels * channels, 32);
  writer.write(7, 5);
  for (const size of sizes) writer.write(size - 1, 4);
  for (const [at, run] of runs.entries()) {
    for (let rest = run * channels; rest > 0; rest -= bytesMax) {
      const length = Math.min(rest, bytesMax) - 1;
      const field = length < 8 ? 0 : length < 16 ? 1 : length < 256 ? 2 : 3;
      writer.write(4 | field, 3);
      writer.write(length, sizes[field]!);
      writer.write(at % 2 === 0 ? 0 : 255, 8);
    }
  }
  return writer.end();
}

class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  #held = 0;
  #bits = 0;

  constructor(bytes: number) {
    this.#bytes = new Uint8Array(Math.ceil(bytes));
  }

  write(value: number, bits: number): void {
    for (let left = bits; left > 0; ) {
      const taken = Math.min(left, 8 - this.#bits);
      left -= taken;
      this.#held = (this.#held << taken) | ((value >>> left) & ((1 << taken) - 1));
      this.#bits += taken;
      if (this.#bits === 8) this.#flush();
    }
  }

  end(): Uint8Array {
    if (this.#bits > 0) {
      this.#held <<= 8 - this.#bits;
      this.#flush();
    }
    return this.#bytes.subarray(0, this.#length);
  }

  #flush(): void {
    if (this.#length === this.#bytes.length) {
      const larger = new Uint8Array(this.#length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes[this.#length++] = this.#held;
    this.#held = 0;
    this.#bits = 0;
  }
}
