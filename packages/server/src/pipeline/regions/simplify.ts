import type { Arc } from './arcs.ts';
import type { Lattice } from './lattice.ts';
import { SweepCheck } from './sweepCheck.ts';

/** Turns between two points that stay whatever the tolerance: bounds the time of one arc, whatever its form. */
const turnsMax = 512;

/**
 * The arcs with fewer points: Douglas–Peucker, where a chord is taken only if
 * 1. every point it stands for is at most `tolerance` pixels away from it,
 * 2. nothing else of the border lies on it or between it and the stretch it stands for (`sweepCheck.ts`), and
 * 3. no other chord has the same two ends.
 *
 * Two chords that cross would need a border point of one between the other and its stretch, which 2 forbids; two that
 * lie on each other are the same chord, which 3 forbids. So no lines cross, no island changes sides, no region
 * vanishes, and every point that changes regions is at most `tolerance` from where its border was. Nodes and corners of
 * the frame stay. Both sides of an arc get the same line.
 */
export function simplifyArcs(lattice: Lattice, arcs: readonly Arc[], tolerance: number): Arc[] {
  if (tolerance === 0) return [...arcs];
  const check = new SweepCheck(lattice);
  const chords = new Set<number>();
  return arcs.map((arc) => {
    if (arc.points.length <= 2) return arc;
    // So that one pixel, or a line of pixels, does not become a triangle of half its area.
    const most = Math.min(tolerance, thicknessOf(lattice, arc.points) / 2);
    return { ...arc, points: thinned(lattice, arc.points, most * most, check, chords) };
  });
}

/** The shorter side of the rectangle around a line, in pixels. */
function thicknessOf({ xs, ys }: Lattice, points: readonly number[]): number {
  let [left, right, top, bottom] = [Number.POSITIVE_INFINITY, 0, Number.POSITIVE_INFINITY, 0];
  for (const point of points) {
    const x = xs[point]!;
    const y = ys[point]!;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return Math.min(right - left, bottom - top);
}

function thinned(
  lattice: Lattice,
  points: readonly number[],
  toleranceSquared: number,
  check: SweepCheck,
  chords: Set<number>,
): number[] {
  const fixed = fixedOf(lattice, points);
  const kept: number[] = [points[0]!];
  for (let at = 1; at < fixed.length; at++) {
    const open = [fixed[at]!];
    let from = fixed[at - 1]!;
    const whole = from;
    while (open.length > 0) {
      const to = open.at(-1)!;
      const split = splitOf(lattice, points, from, to, toleranceSquared);
      const isWhole = from === whole && to === fixed[at];
      if (
        split.taken &&
        (to === from + 1 || check.isClear(points, from, to)) &&
        (!isWhole || isNew(chords, points, from, to, lattice))
      ) {
        kept.push(points[to]!);
        from = to;
        open.pop();
      } else open.push(split.at);
    }
  }
  return kept;
}

/** Indices of points that stay: both ends, the farthest of a closed line, and one every so many turns. */
function fixedOf(lattice: Lattice, points: readonly number[]): number[] {
  const last = points.length - 1;
  const fixed = new Set([0, last]);
  if (points[0] === points[last]) fixed.add(splitOf(lattice, points, 0, last, 0).at);
  for (let at = turnsMax; at < last; at += turnsMax) fixed.add(at);
  return [...fixed].sort((a, b) => a - b);
}

/** Only chords between fixed points can have a twin: every other has an end that no other stretch passes. */
function isNew(chords: Set<number>, points: readonly number[], from: number, to: number, { flags }: Lattice): boolean {
  const a = points[from]!;
  const b = points[to]!;
  const key = Math.min(a, b) * flags.length + Math.max(a, b);
  if (chords.has(key)) return to === from + 1;
  chords.add(key);
  return true;
}

/** The point farthest from the chord, and whether even that is near enough. */
function splitOf(
  { xs, ys }: Lattice,
  points: readonly number[],
  from: number,
  to: number,
  toleranceSquared: number,
): { readonly at: number; readonly taken: boolean } {
  if (to === from + 1) return { at: from, taken: true };
  const ax = xs[points[from]!]!;
  const ay = ys[points[from]!]!;
  const dx = xs[points[to]!]! - ax;
  const dy = ys[points[to]!]! - ay;
  const length = dx * dx + dy * dy;
  let farthest = -1;
  let at = from + 1;
  for (let index = from + 1; index < to; index++) {
    const px = xs[points[index]!]! - ax;
    const py = ys[points[index]!]! - ay;
    const distance = distanceSquared(px, py, dx, dy, length);
    if (distance > farthest) {
      farthest = distance;
      at = index;
    }
  }
  return { at, taken: length > 0 && farthest <= toleranceSquared };
}

/** From point p to the segment from 0 to d. */
function distanceSquared(px: number, py: number, dx: number, dy: number, length: number): number {
  const along = px * dx + py * dy;
  if (along <= 0) return px * px + py * py;
  if (along >= length) return (px - dx) ** 2 + (py - dy) ** 2;
  return (px * dy - py * dx) ** 2 / length;
}
