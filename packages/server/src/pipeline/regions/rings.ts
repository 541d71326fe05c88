import type { Arc } from './arcs.ts';
import type { Direction, Lattice } from './lattice.ts';
import { type RunMap, valueAt } from './runMap.ts';

/** A closed line x0, y0, x1, y1 … without its first point repeated; no point stands in it twice. */
export type Ring = readonly number[];

export interface TracedRing {
  readonly ring: Ring;
  /** A pixel of the region beside it. */
  readonly pixelX: number;
  readonly pixelY: number;
}

/**
 * The arcs joined to the rings of every region, the region on the right hand as seen on a screen. Where a region touches
 * itself at a corner the line is cut there into two rings that touch in that point: so every ring is simple, each region
 * has exactly one that runs around it, and the others are its holes.
 *
 * `points` of an arc may have been thinned out meanwhile; its ends and its directions are those of the trace.
 */
export function joinRings(map: RunMap, lattice: Lattice, arcs: readonly Arc[]): TracedRing[] {
  const halves = arcs.length * 2; // half 2a runs along arc a, half 2a + 1 against it
  const graph = graphOf(arcs);
  const used = new Uint8Array(halves);
  const places = new Int32Array(graph.nodes).fill(-1); // where in the walk each node stands
  const rings: TracedRing[] = [];
  const walk: number[] = [];
  const cutFrom = (place: number) => {
    const ring = walk.slice(place);
    walk.length = place;
    for (const half of ring) places[graph.starts[half]!] = -1;
    rings.push(ringOf(lattice, arcs, ring));
  };
  for (let first = 0; first < halves; first++) {
    if (used[first] === 1 || numberBeside(map, lattice, arcs, first) === 0) continue;
    for (let half = first; used[half] === 0; half = next(graph, arcs, half)) {
      used[half] = 1;
      const start = graph.starts[half]!;
      if (places[start]! >= 0) cutFrom(places[start]!);
      places[start] = walk.length;
      walk.push(half);
    }
    cutFrom(0);
  }
  return rings;
}

interface Graph {
  readonly nodes: number;
  /** Number of the node that each half starts from. */
  readonly starts: Uint32Array;
  /** Half that leaves node n in direction d, at 4n + d; −1: none. */
  readonly out: Int32Array;
}

/** Nodes are numbered by sorting: a table over all points would be larger than the picture. */
function graphOf(arcs: readonly Arc[]): Graph {
  const starts = new Uint32Array(arcs.length * 2);
  for (let half = 0; half < starts.length; half++) starts[half] = startOf(arcs, half);
  const sorted = starts.slice().sort();
  let nodes = 0;
  for (let at = 0; at < sorted.length; at++) {
    if (at === 0 || sorted[at] !== sorted[nodes - 1]) sorted[nodes++] = sorted[at]!;
  }
  const out = new Int32Array(nodes * 4).fill(-1);
  for (let half = 0; half < starts.length; half++) {
    const number = placeOf(sorted, nodes, starts[half]!);
    starts[half] = number;
    out[number * 4 + leaving(arcs, half)] = half;
  }
  return { nodes, starts, out };
}

function placeOf(sorted: Uint32Array, length: number, value: number): number {
  let low = 0;
  let high = length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Keeps as far right as it can: around its own pixel, not across a corner to another. */
function next({ starts, out }: Graph, arcs: readonly Arc[], half: number): number {
  const base = starts[half ^ 1]! * 4;
  const heading = arriving(arcs, half);
  const right = out[base + ((heading + 1) & 3)]!;
  if (right >= 0) return right;
  const ahead = out[base + heading]!;
  return ahead >= 0 ? ahead : out[base + ((heading + 3) & 3)]!;
}

function startOf(arcs: readonly Arc[], half: number): number {
  const { points } = arcs[half >> 1]!;
  return (half & 1) === 0 ? points[0]! : points.at(-1)!;
}

function leaving(arcs: readonly Arc[], half: number): Direction {
  const { firstDirection, lastDirection } = arcs[half >> 1]!;
  return (half & 1) === 0 ? firstDirection : (lastDirection + 2) & 3;
}

function arriving(arcs: readonly Arc[], half: number): Direction {
  return (leaving(arcs, half ^ 1) + 2) & 3;
}

/** The pixel to the right of the first step. */
function pixelBeside({ xs, ys }: Lattice, arcs: readonly Arc[], half: number): readonly [number, number] {
  const point = startOf(arcs, half);
  const direction = leaving(arcs, half);
  const x = xs[point]!;
  const y = ys[point]!;
  return [direction === 0 || direction === 3 ? x : x - 1, direction < 2 ? y : y - 1];
}

function numberBeside(map: RunMap, lattice: Lattice, arcs: readonly Arc[], half: number): number {
  const [x, y] = pixelBeside(lattice, arcs, half);
  return valueAt(map, x, y);
}

function ringOf(lattice: Lattice, arcs: readonly Arc[], halves: readonly number[]): TracedRing {
  const { xs, ys } = lattice;
  const ring: number[] = [];
  for (const half of halves) {
    const { points } = arcs[half >> 1]!;
    const last = points.length - 1;
    for (let at = 0; at < last; at++) {
      const point = points[(half & 1) === 0 ? at : last - at]!;
      ring.push(xs[point]!, ys[point]!);
    }
  }
  const [pixelX, pixelY] = pixelBeside(lattice, arcs, halves[0]!);
  return { ring, pixelX, pixelY };
}
