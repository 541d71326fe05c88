import { refuseTooMany } from './bordersMax.ts';
import { RowCursor } from './rowCursor.ts';
import type { RunMap } from './runMap.ts';

/** Bits of a lattice point. */
export const east = 1; // a border runs from here to the point on the right
export const south = 2; // … to the point below
export const west = 4;
export const north = 8;
export const eastTraced = 16;
export const southTraced = 32;
/** Three or four borders meet here, or it is a corner of the frame: a point that never moves. */
export const node = 64;
/** Part of the chain that is being looked at (simplify.ts). */
export const own = 128;

/**
 * The corners of pixels that a border touches: a connection of two corners between different numbers of the map (outside it
 * is nothing). They are known by their places in reading order, so that memory is that of the borders, not of the picture.
 */
export interface Lattice {
  /** Of the map, in pixels. */
  readonly width: number;
  readonly xs: Uint32Array;
  readonly ys: Uint32Array;
  readonly flags: Uint8Array;
  /** Place of the point above and below, where a border leads there. */
  readonly above: Uint32Array;
  readonly below: Uint32Array;
  /** First place of each row of points, and past the last row their number. */
  readonly rows: Uint32Array;
}

/** Directions are 0 east, 1 south, 2 west, 3 north: plus one is a turn to the right, as seen on a screen. */
export type Direction = number;

const bitOf = [east, south, west, north] as const;

export function hasBorder({ flags }: Lattice, place: number, direction: Direction): boolean {
  return (flags[place]! & bitOf[direction]!) !== 0;
}

/** The next point along a border that is there. */
export function stepTo({ above, below }: Lattice, place: number, direction: Direction): number {
  switch (direction) {
    case 0:
      return place + 1;
    case 1:
      return below[place]!;
    case 2:
      return place - 1;
    default:
      return above[place]!;
  }
}

/** The first place of a row of points whose x is not below `x`. */
export function placeFrom({ xs, rows }: Lattice, x: number, y: number): number {
  let low = rows[y]!;
  let high = rows[y + 1]!;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (xs[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function latticeOf(runs: RunMap): Lattice {
  const { width, height } = runs;
  const points = new Points(width, height, runs.start.length * 4 + 4);
  const rows = new Uint32Array(height + 2);
  for (let y = 0; y <= height; y++) {
    rows[y] = points.count;
    markRow(points, new RowCursor(runs, y - 1), new RowCursor(runs, y), y);
    refuseTooMany(points.borders, runs.limit);
  }
  rows[height + 1] = points.count;
  return { ...points.arrays(), width, rows };
}

/** The points between two rows of pixels: where either changes, and between two changes wherever they differ. */
function markRow(points: Points, over: RowCursor, under: RowCursor, y: number): void {
  for (let x = Math.min(over.next, under.next); x !== Number.POSITIVE_INFINITY; ) {
    const [northWest, southWest] = [over.value, under.value];
    over.passTo(x);
    under.passTo(x);
    points.add(x, y, northWest, southWest, over.value, under.value);
    const end = Math.min(over.next, under.next);
    if (over.value !== under.value) {
      for (let between = x + 1; between < end; between++) {
        points.add(between, y, over.value, under.value, over.value, under.value);
      }
    }
    x = end;
  }
}

/** Lattice points as they come in reading order. */
class Points {
  count = 0;
  borders = 0;
  readonly #width: number;
  readonly #height: number;
  /** Place of the last point in each column. */
  readonly #last: Uint32Array;
  #xs: Uint32Array;
  #ys: Uint32Array;
  #above: Uint32Array;
  #below: Uint32Array;
  #flags: Uint8Array;

  constructor(width: number, height: number, expected: number) {
    this.#width = width;
    this.#height = height;
    this.#last = new Uint32Array(width + 1);
    [this.#xs, this.#ys] = [new Uint32Array(expected), new Uint32Array(expected)];
    [this.#above, this.#below] = [new Uint32Array(expected), new Uint32Array(expected)];
    this.#flags = new Uint8Array(expected);
  }

  /** A point, and the numbers of the four pixels around it. */
  add(x: number, y: number, northWest: number, southWest: number, northEast: number, southEast: number): void {
    if (this.count === this.#flags.length) this.#grow();
    const place = this.count++;
    const toEast = northEast === southEast ? 0 : 1;
    const toSouth = southWest === southEast ? 0 : 1;
    const toWest = northWest === southWest ? 0 : 1;
    const toNorth = northWest === northEast ? 0 : 1;
    const isCorner = (x === 0 || x === this.#width) && (y === 0 || y === this.#height);
    const isNode = isCorner || toEast + toSouth + toWest + toNorth > 2;
    this.#xs[place] = x;
    this.#ys[place] = y;
    this.#flags[place] = toEast * east + toSouth * south + toWest * west + toNorth * north + (isNode ? node : 0);
    if (toNorth === 1) {
      const above = this.#last[x]!;
      this.#above[place] = above;
      this.#below[above] = place;
    }
    this.#last[x] = place;
    this.borders += toEast + toSouth;
  }

  arrays(): Omit<Lattice, 'rows' | 'width'> {
    return {
      xs: this.#xs,
      ys: this.#ys,
      flags: this.#flags.subarray(0, this.count),
      above: this.#above,
      below: this.#below,
    };
  }

  #grow(): void {
    const length = this.#flags.length * 2;
    this.#xs = grown(this.#xs, new Uint32Array(length));
    this.#ys = grown(this.#ys, new Uint32Array(length));
    this.#above = grown(this.#above, new Uint32Array(length));
    this.#below = grown(this.#below, new Uint32Array(length));
    this.#flags = grown(this.#flags, new Uint8Array(length));
  }
}

function grown<List extends Uint8Array | Uint32Array>(list: List, larger: List): List {
  larger.set(list);
  return larger;
}
