import type { Size } from '../../domain/geometry.ts';
import type { RowRuns } from '../regions/brushRle.ts';
import type { CocoCounts } from '../regions/cocoRle.ts';
import { measured, type Spans } from './spans.ts';

/**
 * COCO's run lengths (in columns) of runs in rows. A run of a column begins or ends where a pixel differs from the one above
 * it, so the work is that of the mask's upper and lower borders and of the columns it touches, not of its pixels.
 */
export function spanCounts(spans: Spans, { width, height }: Size): CocoCounts {
  const facts = measured(spans, width);
  if (facts === undefined) return [width * height];
  const { x: left, width: across } = facts.box;
  const turns = turnsOf(spans, width, height);
  const begins = new Uint32Array(across + 1);
  for (let at = 0; at < turns.length; at += 2) begins[turns[at]! - left + 1] = begins[turns[at]! - left + 1]! + 1;
  for (let x = 0; x < across; x++) begins[x + 1] = begins[x + 1]! + begins[x]!;
  const places = new Float64Array(turns.length / 2);
  const next = begins.slice();
  for (let at = 0; at < turns.length; at += 2) {
    const column = turns[at]! - left;
    places[next[column]!] = turns[at]! * height + turns[at + 1]!;
    next[column] = next[column]! + 1;
  }
  return countsOf(places, width * height);
}

/** Places where the mask turns on or off, in turn; two at one place are none. */
function countsOf(places: Float64Array, pixels: number): number[] {
  const counts: number[] = [];
  let last = 0;
  for (const place of places) {
    // A column that goes on at the top of the next one ends and begins at one place.
    if (counts.length > 0 && place === last) last -= counts.pop()!;
    else {
      counts.push(place - last);
      last = place;
    }
  }
  if (last < pixels) counts.push(pixels - last);
  return counts;
}

/** Pairs x, y of pixels that differ from the one above them, rows from the top; a column that is on at the bottom turns at `height`. */
function turnsOf(spans: Spans, width: number, height: number): number[] {
  const turns: number[] = [];
  let above: readonly number[] = [];
  let y = Math.floor(spans[0]! / width);
  for (let at = 0; at < spans.length; y++) {
    const row: number[] = [];
    for (; at < spans.length && spans[at]! < (y + 1) * width; at += 2)
      row.push(spans[at]! - y * width, spans[at + 1]! - y * width);
    addTurns(above, row, y, turns);
    above = row;
  }
  addTurns(above, [], Math.min(y, height), turns);
  return turns;
}

/** The pixels of exactly one of two lists of runs. */
function addTurns(above: readonly number[], row: readonly number[], y: number, turns: number[]): void {
  let inside = 0;
  let from = 0;
  for (let a = 0, b = 0; a < above.length || b < row.length; ) {
    const place = Math.min(above[a] ?? Number.POSITIVE_INFINITY, row[b] ?? Number.POSITIVE_INFINITY);
    if (inside === 1) for (let x = from; x < place; x++) turns.push(x, y);
    if (above[a] === place) {
      inside ^= 1;
      a++;
    }
    if (row[b] === place) {
      inside ^= 1;
      b++;
    }
    from = place;
  }
}

/** Runs in rows: outside and inside in turn, outside first. */
export function spanRuns(spans: Spans, { width, height }: Size): RowRuns {
  const runs: number[] = [];
  let end = 0;
  for (let at = 0; at < spans.length; at += 2) {
    const first = spans[at]!;
    const last = spans[at + 1]!;
    // A run that goes on at the left of the next row is one run.
    if (first === end && runs.length > 0) runs[runs.length - 1] = runs.at(-1)! + last - first;
    else runs.push(first - end, last - first);
    end = last;
  }
  if (end < width * height) runs.push(width * height - end);
  return runs;
}
