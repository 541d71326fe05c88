import type { Ring } from './rings.ts';

/** Where a hole is joined to the ring on its left: a level cut half way through a row of pixels, of no width. */
interface Cut {
  readonly segment: number;
  readonly x: number;
  readonly y: number;
  readonly hole: number;
  readonly holeSegment: number;
  readonly holeX: number;
}

interface Crossing {
  readonly ring: number;
  readonly segment: number;
  readonly x: number;
}

/**
 * One closed line for a region with holes, for formats that know no holes: each hole is joined to the ring on its left by
 * a cut that is walked there and back. Each cut lies in the top row of its hole, between neighbours in that row, so cuts
 * cross nothing. A hole's neighbour starts in the same row or above, so that every way leads to the outer ring.
 */
export function keyhole(outer: Ring, holes: readonly Ring[]): Ring {
  if (holes.length === 0) return outer;
  const rings = [outer, ...holes];
  const cuts = cutsOf(rings);
  const out: number[] = [];
  const open = [walk(rings, cuts, 0, undefined)];
  while (open.length > 0) {
    const step = open.at(-1)!.next();
    if (step.done === true) open.pop();
    else if (Array.isArray(step.value)) out.push(...step.value);
    else open.push(walk(rings, cuts, step.value.hole, step.value));
  }
  return out;
}

/** The points of a ring, and between them the cuts to walk. A hole begins and ends where its own cut meets it. */
function* walk(
  rings: readonly Ring[],
  cuts: ReadonlyMap<number, readonly Cut[]>,
  number: number,
  entry: Cut | undefined,
): Generator<number[] | Cut, void, void> {
  const ring = rings[number]!;
  const size = ring.length / 2;
  const bySegment = Map.groupBy(cuts.get(number) ?? [], ({ segment }) => segment);
  const start = entry?.holeSegment ?? 0;
  const meet = entry && [entry.holeX, entry.y];
  if (meet) yield meet;
  for (let step = 0; step <= size; step++) {
    const segment = (start + step) % size;
    const isSplit = entry !== undefined && segment === start;
    if (step === size && !isSplit) break;
    if (!(isSplit && step === 0)) yield [ring[segment * 2]!, ring[segment * 2 + 1]!];
    const down = ring[segment * 2 + 1]! < ring[((segment + 1) % size) * 2 + 1]!;
    const along = (bySegment.get(segment) ?? []).toSorted((a, b) => (down ? a.y - b.y : b.y - a.y));
    for (const cut of along) {
      const isBefore = isSplit && (down ? cut.y < entry.y : cut.y > entry.y);
      if (isSplit && isBefore !== (step === size)) continue;
      yield [cut.x, cut.y];
      yield cut;
      yield [cut.x, cut.y];
    }
  }
  if (meet) yield meet;
}

/** By the ring that each cut starts from. */
function cutsOf(rings: readonly Ring[]): Map<number, Cut[]> {
  const tops = rings.map(topOf);
  const rows = new Map<number, Crossing[]>(tops.slice(1).map((top) => [top, []]));
  for (const [number, ring] of rings.entries()) addCrossings(rows, ring, number);
  for (const crossings of rows.values()) crossings.sort((a, b) => a.x - b.x);
  const places = new Map<number, number>(); // of each hole's first crossing in its top row
  for (const [row, crossings] of rows) {
    for (const [at, { ring }] of crossings.entries()) {
      if (tops[ring] === row && !places.has(ring)) places.set(ring, at);
    }
  }
  const cuts = new Map<number, Cut[]>();
  for (let hole = 1; hole < rings.length; hole++) {
    const crossings = rows.get(tops[hole]!)!;
    const place = places.get(hole)!;
    const [from, to] = [crossings[place - 1]!, crossings[place]!];
    const list = cuts.get(from.ring) ?? [];
    list.push({ segment: from.segment, x: from.x, y: tops[hole]! + 0.5, hole, holeSegment: to.segment, holeX: to.x });
    cuts.set(from.ring, list);
  }
  return cuts;
}

function topOf(ring: Ring): number {
  let top = Number.POSITIVE_INFINITY;
  for (let at = 1; at < ring.length; at += 2) top = Math.min(top, ring[at]!);
  return top;
}

function addCrossings(rows: ReadonlyMap<number, Crossing[]>, ring: Ring, number: number): void {
  for (let at = 0; at < ring.length; at += 2) {
    const next = (at + 2) % ring.length;
    const [upper, lower] = ring[at + 1]! < ring[next + 1]! ? [at, next] : [next, at];
    const x = ring[upper]!;
    const y = ring[upper + 1]!;
    const slope = (ring[lower]! - x) / (ring[lower + 1]! - y);
    for (let row = y; row < ring[lower + 1]!; row++) {
      rows.get(row)?.push({ ring: number, segment: at / 2, x: x + (row + 0.5 - y) * slope });
    }
  }
}
