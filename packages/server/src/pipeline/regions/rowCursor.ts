import type { RunMap } from './runMap.ts';

/** Walks a row of pixels from change to change; rows outside the map are nothing. */
export class RowCursor {
  /** Number of the pixels from the last change on. */
  value = 0;
  /** Where it changes next; never: infinity. */
  next: number;
  readonly #runs: RunMap;
  readonly #last: number;
  #run: number;

  constructor(runs: RunMap, y: number) {
    const isOutside = y < 0 || y >= runs.height;
    this.#runs = runs;
    this.#run = isOutside ? 0 : runs.rows[y]!;
    this.#last = isOutside ? 0 : runs.rows[y + 1]!;
    this.next = this.#startOfRun();
  }

  /** To x, which is not beyond the next change. */
  passTo(x: number): void {
    if (x !== this.next) return;
    if (this.value !== 0) this.#run++;
    const begins = this.#startOfRun() === x;
    this.value = begins ? this.#runs.value[this.#run]! : 0;
    this.next = begins ? this.#runs.end[this.#run]! : this.#startOfRun();
  }

  #startOfRun(): number {
    return this.#run < this.#last ? this.#runs.start[this.#run]! : Number.POSITIVE_INFINITY;
  }
}
