import { copyDigest, pictureDigest } from './pictureDigest.ts';

export interface KeptPicturesOptions {
  /** Bytes of all pictures; 0: none is kept. */
  readonly bytesMax: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

interface Entry {
  readonly image: Uint8Array;
  usedAt: number;
}

/** A picture that nobody has named for so long is forgotten. */
const idleMsMax = 30 * 60_000;
/** What an entry counts at least, so that its bookkeeping is within the budget too. */
const entryBytesMin = 4096;

/**
 * Encoded pictures that may be named by their digest instead of being sent again; the least recently used go first. Whoever
 * asks must know the SHA-256 of the whole picture: one store serves all clients, and gives nobody what they could not name.
 */
export class KeptPictures {
  readonly #bytesMax: number;
  readonly #now: () => number;
  /** By digest in hex, least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor({ bytesMax, now = () => performance.now() }: KeptPicturesOptions) {
    this.#bytesMax = bytesMax;
    this.#now = now;
  }

  /** Whether any picture is ever kept. */
  get isOn(): boolean {
    return this.#bytesMax > 0;
  }

  /** What they count together; never above `bytesMax`. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a picture and gives its digest in hex; undefined when it alone is more than all may be. */
  async keep(image: Uint8Array): Promise<string | undefined> {
    if (costOf(image) > this.#bytesMax) return undefined;
    const digest = await pictureDigest(image);
    if (this.find(digest) === undefined) this.#add(digest, image);
    return digest;
  }

  /** The picture of a digest in hex, which then is the most recently used. */
  find(digest: string): Uint8Array | undefined {
    this.#forgetIdle();
    const entry = this.#entries.get(digest);
    if (entry === undefined) return undefined;
    entry.usedAt = this.#now();
    this.#entries.delete(digest);
    this.#entries.set(digest, entry);
    return entry.image;
  }

  #add(digest: string, image: Uint8Array): void {
    // A part of a larger body would keep all of that body in memory.
    const own = image.byteLength === image.buffer.byteLength ? image : new Uint8Array(image);
    copyDigest(image, own);
    for (const [oldest] of this.#entries) {
      if (this.#bytes + costOf(own) <= this.#bytesMax) break;
      this.#forget(oldest);
    }
    this.#entries.set(digest, { image: own, usedAt: this.#now() });
    this.#bytes += costOf(own);
  }

  #forgetIdle(): void {
    const since = this.#now() - idleMsMax;
    for (const [digest, { usedAt }] of this.#entries) {
      if (usedAt >= since) break;
      this.#forget(digest);
    }
  }

  #forget(digest: string): void {
    const entry = this.#entries.get(digest);
    if (entry === undefined) return;
    this.#entries.delete(digest);
    this.#bytes -= costOf(entry.image);
  }
}

function costOf(image: Uint8Array): number {
  return Math.max(image.byteLength, entryBytesMin);
}
