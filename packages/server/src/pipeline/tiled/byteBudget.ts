import { Fault } from '../../domain/fault.ts';

/** The pieces of one answer, which together must not pass `bytesMax`: the whole of it is held until the reply has gone. */
export class ByteBudget {
  readonly #bytesMax: number;
  readonly #pieces: Uint8Array[] = [];
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    this.#length += piece.length;
    if (this.#length > this.#bytesMax) throw tooManyBytes(this.#bytesMax);
    this.#pieces.push(piece);
  }

  whole(): Buffer {
    return Buffer.concat(this.#pieces, this.#length);
  }
}

export function tooManyBytes(bytesMax: number): Fault {
  const expected = `an answer of at most ${bytesMax} bytes (limits.tiledBytesMax)`;
  return Fault.expected(
    'image_too_large',
    expected,
    'one that grows beyond it; ask for a part of the picture with region',
  );
}
