import { east, isOnBorder, type Lattice, own, south } from './lattice.ts';

/**
 * Tells whether a chord may stand for a stretch of border: whether no other border point lies on the chord, or between
 * the two (where the closed line of stretch and chord winds around it). Costs time in proportion to the stretch and to
 * the points between.
 */
export class SweepCheck {
  readonly #lattice: Lattice;
  /** Where the closed line crosses the rows: (row, first x that lies right of the crossing, up or down), packed. */
  #crossings = new Float64Array(1024);
  #count = 0;

  constructor(lattice: Lattice) {
    this.#lattice = lattice;
  }

  /** `points[from]` … `points[to]`: turns of a stretch; its ends are those of the chord. */
  isClear(points: readonly number[], from: number, to: number): boolean {
    this.#mark(points, from, to, true);
    const clear = this.#chordIsFree(points[from]!, points[to]!) && this.#nothingBetween(points, from, to);
    this.#mark(points, from, to, false);
    return clear;
  }

  #mark(points: readonly number[], from: number, to: number, on: boolean): void {
    const { flags, stride } = this.#lattice;
    for (let at = from; at < to; at++) {
      const end = points[at + 1]!;
      const step = stepBetween(points[at]!, end, stride);
      for (let point = points[at]!; point !== end; point += step) {
        flags[point] = on ? flags[point]! | own : flags[point]! & ~own;
      }
    }
    const last = points[to]!;
    flags[last] = on ? flags[last]! | own : flags[last]! & ~own;
  }

  #chordIsFree(a: number, b: number): boolean {
    const { stride, flags } = this.#lattice;
    const dx = (b % stride) - (a % stride);
    const dy = Math.floor(b / stride) - Math.floor(a / stride);
    const parts = commonDivisor(Math.abs(dx), Math.abs(dy));
    // A chord of one pixel side would lie on the border that may run there.
    if (parts === 1 && dx * dx + dy * dy === 1) return (flags[Math.min(a, b)]! & (dy === 0 ? east : south)) === 0;
    const step = (b - a) / parts;
    for (let point = a + step; point !== b; point += step) if (this.#isForeign(point)) return false;
    return true;
  }

  #isForeign(point: number): boolean {
    return (this.#lattice.flags[point]! & own) === 0 && isOnBorder(this.#lattice, point);
  }

  #nothingBetween(points: readonly number[], from: number, to: number): boolean {
    const { stride } = this.#lattice;
    this.#count = 0;
    for (let at = from; at < to; at++) {
      const a = points[at]!;
      const b = points[at + 1]!;
      if (a % stride !== b % stride) continue;
      const x = a % stride;
      for (let row = Math.floor(Math.min(a, b) / stride); row < Math.floor(Math.max(a, b) / stride); row++) {
        this.#cross(row, x + 1, b > a);
      }
    }
    this.#crossChord(points[to]!, points[from]!);
    const crossings = this.#crossings.subarray(0, this.#count).sort();
    let winding = 0;
    for (let at = 0; at + 1 < crossings.length; at++) {
      winding += crossings[at]! % 2 === 1 ? 1 : -1;
      if (winding === 0) continue;
      const end = Math.floor(crossings[at + 1]! / 2);
      for (let point = Math.floor(crossings[at]! / 2); point < end; point++) if (this.#isForeign(point)) return false;
    }
    return true;
  }

  /** A row's crossing lies just below its points, so that none goes through a point. */
  #crossChord(a: number, b: number): void {
    const { stride } = this.#lattice;
    const [top, bottom] = a < b ? [a, b] : [b, a];
    const x = top % stride;
    const y = Math.floor(top / stride);
    const slope = ((bottom % stride) - x) / (Math.floor(bottom / stride) - y);
    for (let row = y; row < Math.floor(bottom / stride); row++) {
      this.#cross(row, Math.floor(x + (row - y) * slope) + 1, b > a);
    }
  }

  #cross(row: number, x: number, down: boolean): void {
    if (this.#count === this.#crossings.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#crossings);
      this.#crossings = larger;
    }
    this.#crossings[this.#count++] = (row * this.#lattice.stride + x) * 2 + (down ? 1 : 0);
  }
}

function stepBetween(a: number, b: number, stride: number): number {
  if (a % stride === b % stride) return b > a ? stride : -stride;
  return b > a ? 1 : -1;
}

function commonDivisor(a: number, b: number): number {
  let [larger, smaller] = [a, b];
  while (smaller > 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
