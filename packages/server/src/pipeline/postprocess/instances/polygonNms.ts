import type { Size } from '../../../domain/geometry.ts';
import { polygonSpans } from './polygonSpans.ts';
import type { Polygon } from './stardist.ts';

/**
 * Greedy suppression from the highest score down, by intersection ÷ the smaller area as StarDist has it, counted in
 * pixels. A polygon is compared with those that stayed and lie near: they are kept in squares as large as the largest.
 */
export function suppressedPolygons(
  sorted: readonly Polygon[],
  threshold: number,
  most: number,
  { width, height }: Size,
): Polygon[] {
  const stayed: Polygon[] = [];
  const side = Math.max(8, largestSide(sorted));
  const across = Math.max(1, Math.ceil(width / side));
  const squares = new Map<number, Kept[]>();
  const squareOf = (x: number, y: number) => y * across + x;
  for (const polygon of sorted) {
    if (stayed.length === most) break;
    const x = within(Math.floor((polygon.box.left + polygon.box.right) / 2 / side), across);
    const y = within(
      Math.floor((polygon.box.top + polygon.box.bottom) / 2 / side),
      Math.max(1, Math.ceil(height / side)),
    );
    const near: Kept[] = [];
    for (let dy = -1; dy <= 1; dy++)
      for (let dx = -1; dx <= 1; dx++) near.push(...(squares.get(squareOf(x + dx, y + dy)) ?? []));
    const own = rowsOf(polygon, { width, height });
    if (own.area === 0) continue; // nothing of it shows
    if (
      near.some((kept) => touch(kept.polygon, polygon) && shared(kept, own) > threshold * Math.min(kept.area, own.area))
    )
      continue;
    stayed.push(polygon);
    const square = squares.get(squareOf(x, y)) ?? [];
    square.push({ polygon, ...own });
    squares.set(squareOf(x, y), square);
  }
  return stayed;
}

interface Rows {
  /** Pairs of first and past-last pixel index, ascending. */
  readonly spans: Uint32Array;
  readonly area: number;
}
type Kept = Rows & { readonly polygon: Polygon };

function rowsOf({ points }: Polygon, size: Size): Rows {
  const spans = polygonSpans(points, size);
  let area = 0;
  for (let at = 0; at < spans.length; at += 2) area += spans[at + 1]! - spans[at]!;
  return { spans, area };
}

function largestSide(polygons: readonly Polygon[]): number {
  let most = 0;
  for (const { box } of polygons) most = Math.max(most, box.right - box.left, box.bottom - box.top);
  return Math.ceil(most);
}

function within(value: number, count: number): number {
  return Math.min(Math.max(value, 0), count - 1);
}

function touch({ box: a }: Polygon, { box: b }: Polygon): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** Pixels of both: one walk along the two lists. */
function shared({ spans: a }: Rows, { spans: b }: Rows): number {
  let both = 0;
  for (let one = 0, other = 0; one < a.length && other < b.length; ) {
    both += Math.max(0, Math.min(a[one + 1]!, b[other + 1]!) - Math.max(a[one]!, b[other]!));
    if (a[one + 1]! < b[other + 1]!) one += 2;
    else other += 2;
  }
  return both;
}
