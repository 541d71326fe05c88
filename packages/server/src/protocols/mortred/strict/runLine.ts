import { Fault } from '../../../domain/fault.ts';

/** Weight of the newest run in the mean; the strict contract's own. */
const newestWeight = 0.2;

/** Requests of one address that run or wait, and how long runs take of late. */
export class RunLine {
  readonly #depthMax: number;
  readonly #workers: () => number;
  #inside = 0;
  #meanMs = 0;
  #runs = 0;

  /** `depthMax` 0: no bound here. */
  constructor(depthMax: number, workers: () => number) {
    this.#depthMax = depthMax;
    this.#workers = () => Math.max(1, workers());
  }

  /** Those for whom no worker is left. */
  get waiting(): number {
    return Math.max(0, this.#inside - this.#workers());
  }

  /** Throws Fault `overloaded` when the line is full. To be followed by `leave`. */
  enter(): void {
    if (this.#depthMax > 0 && this.waiting >= this.#depthMax) {
      const expected = `at most ${this.#depthMax} waiting requests`;
      throw Fault.expected('overloaded', expected, 'one more', { retryAfterMs: this.retryAfterMs() });
    }
    this.#inside++;
  }

  /** `runMs` is absent when there was no run. */
  leave(runMs?: number): void {
    this.#inside--;
    if (runMs === undefined) return;
    this.#meanMs = this.#runs === 0 ? runMs : newestWeight * runMs + (1 - newestWeight) * this.#meanMs;
    this.#runs++;
  }

  /** Waiting requests × mean run ÷ workers. Rounded and bounded where it becomes a header. */
  retryAfterMs(): number {
    return (this.waiting * this.#meanMs) / this.#workers();
  }
}
