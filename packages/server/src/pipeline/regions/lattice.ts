import { refuseTooMany } from './bordersMax.ts';
import type { WantedMap } from './wantedMap.ts';

/** Bits of a lattice point. */
export const east = 1; // a border runs from here to the point on the right
export const south = 2; // … to the point below
export const eastTraced = 4;
export const southTraced = 8;
/** Three or four borders meet here, or it is a corner of the frame: a point that never moves. */
export const node = 16;
/** Part of the chain that is being looked at (simplify.ts). */
export const own = 32;

/**
 * The corners of the pixels, and which of their connections are borders between different numbers of the map (outside
 * it is nothing). Point x, y is index (y + 1) × stride + x: the empty row above lets every neighbour be looked up.
 */
export interface Lattice {
  readonly width: number;
  readonly height: number;
  /** Points in a row: width + 1. */
  readonly stride: number;
  readonly flags: Uint8Array;
  /** What to add to an index to go east, south, west, north. */
  readonly steps: readonly [number, number, number, number];
}

/** Directions are 0 east, 1 south, 2 west, 3 north: plus one is a turn to the right, as seen on a screen. */
export type Direction = number;

export function latticeOf(map: WantedMap): Lattice {
  const { width, height } = map;
  const stride = width + 1;
  const flags = new Uint8Array(stride * (height + 2));
  const lattice: Lattice = { width, height, stride, flags, steps: [1, stride, -1, -stride] };
  refuseTooMany(markBorders(map, flags, stride));
  markNodes(lattice);
  return lattice;
}

export function hasBorder({ flags, stride }: Lattice, point: number, direction: Direction): boolean {
  switch (direction) {
    case 0:
      return (flags[point]! & east) !== 0;
    case 1:
      return (flags[point]! & south) !== 0;
    case 2:
      return (flags[point - 1]! & east) !== 0;
    default:
      return (flags[point - stride]! & south) !== 0;
  }
}

/** Whether any border touches the point. */
export function isOnBorder({ flags, stride }: Lattice, point: number): boolean {
  return ((flags[point]! & (east | south)) | (flags[point - 1]! & east) | (flags[point - stride]! & south)) !== 0;
}

function markBorders({ data, width, height }: WantedMap, flags: Uint8Array, stride: number): number {
  let borders = 0;
  for (let y = 0; y <= height; y++) {
    let point = (y + 1) * stride;
    const row = y * width;
    const above = row - width;
    for (let x = 0, left = 0; x <= width; x++, point++) {
      const inside = x < width && y < height ? data[row + x]! : 0;
      const over = x < width && y > 0 ? data[above + x]! : 0;
      let bits = 0;
      if (inside !== over) {
        bits = east;
        borders++;
      }
      if (inside !== left) {
        bits |= south;
        borders++;
      }
      flags[point] = bits;
      left = inside;
    }
  }
  return borders;
}

function markNodes(lattice: Lattice): void {
  const { flags, stride, width, height } = lattice;
  for (let point = stride; point < flags.length; point++) {
    const bits = flags[point]!;
    const degree =
      (bits & east) + ((bits & south) >> 1) + (flags[point - 1]! & east) + ((flags[point - stride]! & south) >> 1);
    if (degree > 2) flags[point] = bits | node;
  }
  for (const corner of [stride, stride + width, (height + 1) * stride, (height + 1) * stride + width]) {
    if (isOnBorder(lattice, corner)) flags[corner] = flags[corner]! | node;
  }
}
