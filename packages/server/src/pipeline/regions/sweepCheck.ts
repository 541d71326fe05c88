import { type Direction, east, type Lattice, own, placeFrom, south, stepTo } from './lattice.ts';

/**
 * Tells whether a chord may stand for a stretch of border: whether no other border point lies on the chord, or between
 * the two (where the closed line of stretch and chord winds around it). Costs time in proportion to the stretch and to
 * the points between.
 */
export class SweepCheck {
  readonly #lattice: Lattice;
  /** More than any x: what a row is worth in a packed crossing. */
  readonly #stride: number;
  /** Where the closed line crosses the rows: (row, first x that lies right of the crossing, up or down), packed. */
  #crossings = new Float64Array(1024);
  #count = 0;

  constructor(lattice: Lattice) {
    this.#lattice = lattice;
    this.#stride = lattice.width + 2;
  }

  /** `points[from]` … `points[to]`: turns of a stretch; its ends are those of the chord. */
  isClear(points: readonly number[], from: number, to: number): boolean {
    this.#mark(points, from, to, true);
    const clear = this.#chordIsFree(points[from]!, points[to]!) && this.#nothingBetween(points, from, to);
    this.#mark(points, from, to, false);
    return clear;
  }

  #mark(points: readonly number[], from: number, to: number, on: boolean): void {
    const { flags } = this.#lattice;
    for (let at = from; at < to; at++) {
      const end = points[at + 1]!;
      const direction = this.#directionBetween(points[at]!, end);
      for (let point = points[at]!; point !== end; point = stepTo(this.#lattice, point, direction)) {
        flags[point] = on ? flags[point]! | own : flags[point]! & ~own;
      }
    }
    const last = points[to]!;
    flags[last] = on ? flags[last]! | own : flags[last]! & ~own;
  }

  #chordIsFree(a: number, b: number): boolean {
    const { xs, ys, flags } = this.#lattice;
    const dx = xs[b]! - xs[a]!;
    const dy = ys[b]! - ys[a]!;
    const parts = commonDivisor(Math.abs(dx), Math.abs(dy));
    // A chord of one pixel side would lie on the border that may run there.
    if (parts === 1 && dx * dx + dy * dy === 1) return (flags[Math.min(a, b)]! & (dy === 0 ? east : south)) === 0;
    for (let step = 1; step < parts; step++) {
      const x = xs[a]! + (dx / parts) * step;
      if (this.#anyForeign(ys[a]! + (dy / parts) * step, x, x + 1)) return false;
    }
    return true;
  }

  /** Whether a row has border points from x = `from` up to `to` that are not part of the stretch. */
  #anyForeign(row: number, from: number, to: number): boolean {
    const { xs, flags, rows } = this.#lattice;
    const last = rows[row + 1]!;
    for (let place = placeFrom(this.#lattice, from, row); place < last && xs[place]! < to; place++) {
      if ((flags[place]! & own) === 0) return true;
    }
    return false;
  }

  #directionBetween(a: number, b: number): Direction {
    const { xs } = this.#lattice;
    if (xs[a] === xs[b]) return b > a ? 1 : 3;
    return b > a ? 0 : 2;
  }

  #nothingBetween(points: readonly number[], from: number, to: number): boolean {
    const { xs, ys } = this.#lattice;
    this.#count = 0;
    for (let at = from; at < to; at++) {
      const a = points[at]!;
      const b = points[at + 1]!;
      if (xs[a] !== xs[b]) continue;
      const end = ys[Math.max(a, b)]!;
      for (let row = ys[Math.min(a, b)]!; row < end; row++) this.#cross(row, xs[a]! + 1, b > a);
    }
    this.#crossChord(points[to]!, points[from]!);
    const crossings = this.#crossings.subarray(0, this.#count).sort();
    let winding = 0;
    for (let at = 0; at + 1 < crossings.length; at++) {
      winding += crossings[at]! % 2 === 1 ? 1 : -1;
      if (winding === 0) continue;
      const row = Math.floor(crossings[at]! / 2 / this.#stride);
      const before = row * this.#stride;
      const [left, right] = [Math.floor(crossings[at]! / 2) - before, Math.floor(crossings[at + 1]! / 2) - before];
      if (this.#anyForeign(row, left, right)) return false;
    }
    return true;
  }

  /** A row's crossing lies just below its points, so that none goes through a point. */
  #crossChord(a: number, b: number): void {
    const { xs, ys } = this.#lattice;
    const [top, bottom] = a < b ? [a, b] : [b, a];
    const x = xs[top]!;
    const y = ys[top]!;
    const slope = (xs[bottom]! - x) / (ys[bottom]! - y);
    for (let row = y; row < ys[bottom]!; row++) {
      this.#cross(row, Math.floor(x + (row - y) * slope) + 1, b > a);
    }
  }

  #cross(row: number, x: number, down: boolean): void {
    if (this.#count === this.#crossings.length) {
      const larger = new Float64Array(this.#count * 2);
      larger.set(this.#crossings);
      this.#crossings = larger;
    }
    this.#crossings[this.#count++] = (row * this.#stride + x) * 2 + (down ? 1 : 0);
  }
}

function commonDivisor(a: number, b: number): number {
  let [larger, smaller] = [a, b];
  while (smaller > 0) [larger, smaller] = [smaller, larger % smaller];
  return larger;
}
