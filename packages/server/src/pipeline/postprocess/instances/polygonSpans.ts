import type { Size } from '../../../domain/geometry.ts';
import type { Spans } from '../../instances/spans.ts';

/** Pixels whose centre lies inside the polygon (even-odd). Points are x, y, x, y … from pixel sides; they may lie outside. */
export function polygonSpans(points: ArrayLike<number>, { width, height }: Size): Spans {
  const [least, most] = rowsOf(points);
  const top = Math.max(0, Math.ceil(least - 0.5));
  const bottom = Math.min(height, Math.ceil(most - 0.5));
  if (!(bottom > top)) return new Uint32Array();
  const rows: number[][] = Array.from({ length: bottom - top }, () => []);
  for (let at = 0; at < points.length; at += 2) addEdge(points, at, top, rows);
  const spans: number[] = [];
  for (const [index, crossings] of rows.entries()) {
    crossings.sort((a, b) => a - b);
    const row = (top + index) * width;
    for (let at = 0; at + 1 < crossings.length; at += 2) {
      const first = Math.max(0, Math.ceil(crossings[at]! - 0.5));
      const last = Math.min(width, Math.ceil(crossings[at + 1]! - 0.5));
      if (first < last) addSpan(spans, row + first, row + last);
    }
  }
  return Uint32Array.from(spans);
}

function addSpan(spans: number[], first: number, last: number): void {
  if (spans.length > 0 && spans.at(-1) === first) spans[spans.length - 1] = last;
  else spans.push(first, last);
}

function rowsOf(points: ArrayLike<number>): [number, number] {
  let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 1; at < points.length; at += 2) {
    least = Math.min(least, points[at]!);
    most = Math.max(most, points[at]!);
  }
  return [least, most];
}

/** Where the edge that begins at `at` crosses the middle of each row. */
function addEdge(points: ArrayLike<number>, at: number, top: number, rows: number[][]): void {
  const next = at + 2 < points.length ? at + 2 : 0;
  const [upper, lower] = points[at + 1]! < points[next + 1]! ? [at, next] : [next, at];
  const [x, y] = [points[upper]!, points[upper + 1]!];
  const slope = (points[lower]! - x) / (points[lower + 1]! - y);
  const first = Math.max(top, Math.ceil(y - 0.5));
  const end = Math.min(top + rows.length, Math.ceil(points[lower + 1]! - 0.5));
  for (let row = first; row < end; row++) rows[row - top]!.push(x + (row + 0.5 - y) * slope);
}
