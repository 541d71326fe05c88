import type { Box } from './found.ts';
import { checkScore } from './outputs.ts';
import type { Head } from './yolo.ts';

export interface Row {
  /** The model's own number, from 0. */
  readonly class: number;
  readonly score: number;
  readonly box: Box;
  readonly coefficients: Float32Array;
}

/** The rows whose best class reaches the score. `sides`: of the output without its batch. */
export function readRows(
  data: Float32Array,
  head: Head,
  sides: readonly [number, number],
  classes: number,
  scoreThreshold: number,
): Row[] {
  switch (head) {
    case 'v5':
      return rowsWithObjectness(data, sides, classes, scoreThreshold);
    case 'v8':
      return rowsInColumns(data, sides, classes, scoreThreshold);
    case 'end2end':
      return finishedRows(data, sides, scoreThreshold);
  }
}

/** Centre x, y, width, height, objectness, a probability for each class, coefficients. */
function rowsWithObjectness(
  data: Float32Array,
  [count, columns]: readonly [number, number],
  classes: number,
  least: number,
): Row[] {
  const rows: Row[] = [];
  for (let at = 0, from = 0; at < count; at++, from += columns) {
    const objectness = data[from + 4]!;
    checkScore(objectness);
    if (objectness < least) continue;
    let best = 0;
    for (let one = 0; one < classes; one++) {
      const value = data[from + 5 + one]!;
      checkScore(value);
      if (value > data[from + 5 + best]!) best = one;
    }
    const score = objectness * data[from + 5 + best]!;
    if (score < least) continue;
    const box = around(data[from]!, data[from + 1]!, data[from + 2]!, data[from + 3]!);
    rows.push({ class: best, score, box, coefficients: data.subarray(from + 5 + classes, from + columns) });
  }
  return rows;
}

/** The same without objectness, and turned: all first numbers, then all second ones. */
function rowsInColumns(
  data: Float32Array,
  [lines, count]: readonly [number, number],
  classes: number,
  least: number,
): Row[] {
  const scores = data.slice(4 * count, 5 * count);
  const kinds = new Uint16Array(count);
  let sum = 0;
  for (let one = 0, from = 4 * count; one < classes; one++) {
    for (let at = 0; at < count; at++, from++) {
      const value = data[from]!;
      sum += value;
      if (value > scores[at]!) {
        scores[at] = value;
        kinds[at] = one;
      }
    }
  }
  checkScore(sum); // one NaN makes it NaN
  const rows: Row[] = [];
  for (let at = 0; at < count; at++) {
    if (scores[at]! < least) continue;
    const line = (index: number) => data[index * count + at]!;
    const coefficients = Float32Array.from({ length: lines - 4 - classes }, (_, index) => line(4 + classes + index));
    rows.push({ class: kinds[at]!, score: scores[at]!, box: around(line(0), line(1), line(2), line(3)), coefficients });
  }
  return rows;
}

/** Left, top, right, bottom, score, class, coefficients: the graph has chosen already. */
function finishedRows(data: Float32Array, [count, columns]: readonly [number, number], least: number): Row[] {
  const rows: Row[] = [];
  for (let at = 0, from = 0; at < count; at++, from += columns) {
    const score = data[from + 4]!;
    checkScore(score);
    if (score < least || score <= 0) continue; // rows that pad the number are zeros
    const [left, top, right, bottom] = [data[from]!, data[from + 1]!, data[from + 2]!, data[from + 3]!];
    const coefficients = data.subarray(from + 6, from + columns);
    rows.push({ class: Math.round(data[from + 5]!), score, box: { left, top, right, bottom }, coefficients });
  }
  return rows;
}

function around(x: number, y: number, width: number, height: number): Box {
  return { left: x - width / 2, top: y - height / 2, right: x + width / 2, bottom: y + height / 2 };
}
