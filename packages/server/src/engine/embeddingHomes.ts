import type { Runner } from './runner.ts';

/** A name and a pointer each; of older pictures the embedding is long gone. */
const entriesMax = 10_000;

/** Which runner has seen a picture last, and so has its embedding: the next request about it goes there where it can. */
export class EmbeddingHomes {
  /** Oldest use first. */
  readonly #homes = new Map<string, Runner>();

  /** The home where it has room, otherwise the one that would have been chosen without. */
  choose(key: string | undefined, usual: Runner, withRoom: readonly Runner[]): Runner {
    const home = key === undefined ? undefined : this.#homes.get(key);
    return home && withRoom.includes(home) ? home : usual;
  }

  note(key: string | undefined, runner: Runner): void {
    if (key === undefined) return;
    this.#homes.delete(key);
    this.#homes.set(key, runner);
    const [oldest] = this.#homes.keys();
    if (this.#homes.size > entriesMax && oldest !== undefined) this.#homes.delete(oldest);
  }

  /** A runner that has ended is nobody's home. */
  forget(runner: Runner): void {
    for (const [key, home] of this.#homes) if (home === runner) this.#homes.delete(key);
  }
}
