import { type Direction, east, eastTraced, hasBorder, type Lattice, node, southTraced, stepTo } from './lattice.ts';

/**
 * A stretch of border from node to node, or a closed one without nodes (first point = last). Both regions beside it
 * share it, so what is done to it is done to both.
 */
export interface Arc {
  /** Places in the lattice of its ends and turns, in order. */
  readonly points: readonly number[];
  /** Direction of the first and of the last step. */
  readonly firstDirection: Direction;
  readonly lastDirection: Direction;
}

/** Every border of the lattice, each exactly once. */
export function traceArcs(lattice: Lattice): Arc[] {
  const { flags } = lattice;
  const arcs: Arc[] = [];
  for (let point = 0; point < flags.length; point++) {
    if ((flags[point]! & node) === 0) continue;
    for (let direction = 0; direction < 4; direction++) {
      if (hasBorder(lattice, point, direction) && !isTraced(lattice, point, direction)) {
        arcs.push(trace(lattice, point, direction));
      }
    }
  }
  for (let point = 0; point < flags.length; point++) {
    if ((flags[point]! & (east | eastTraced)) === east) arcs.push(trace(lattice, point, 0));
  }
  return arcs;
}

function trace(lattice: Lattice, start: number, firstDirection: Direction): Arc {
  const { flags } = lattice;
  const points = [start];
  let point = start;
  let direction = firstDirection;
  for (;;) {
    markTraced(lattice, point, direction);
    point = stepTo(lattice, point, direction);
    if (point === start || (flags[point]! & node) !== 0) break;
    const next = onward(lattice, point, direction);
    if (next !== direction) points.push(point);
    direction = next;
  }
  points.push(point);
  return { points, firstDirection, lastDirection: direction };
}

/** Where the only other border of a point goes on. */
function onward(lattice: Lattice, point: number, direction: Direction): Direction {
  if (hasBorder(lattice, point, direction)) return direction;
  const right = (direction + 1) & 3;
  return hasBorder(lattice, point, right) ? right : (direction + 3) & 3;
}

/** A border is kept at its upper or left point. */
function keeperOf(lattice: Lattice, point: number, direction: Direction): number {
  return direction < 2 ? point : stepTo(lattice, point, direction);
}

function isTraced(lattice: Lattice, point: number, direction: Direction): boolean {
  const bit = direction % 2 === 0 ? eastTraced : southTraced;
  return (lattice.flags[keeperOf(lattice, point, direction)]! & bit) !== 0;
}

function markTraced(lattice: Lattice, point: number, direction: Direction): void {
  const keeper = keeperOf(lattice, point, direction);
  lattice.flags[keeper] = lattice.flags[keeper]! | (direction % 2 === 0 ? eastTraced : southTraced);
}
