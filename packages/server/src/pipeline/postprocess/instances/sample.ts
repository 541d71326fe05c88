import type { Region } from '../../../domain/geometry.ts';
import type { Spans } from '../../instances/spans.ts';

/**
 * How the pixels of a picture lie over those of a map: the centre of pixel i is at `start + (i + ½) · step − ½` in
 * pixels of the map, kept inside `least` … `most`, so that edges continue.
 */
export interface Axis {
  readonly start: number;
  readonly step: number;
  readonly least: number;
  readonly most: number;
}

interface Map {
  readonly data: Float32Array;
  readonly width: number;
}

/**
 * Where the map, taken linearly between its pixels' centres (as PyTorch's `interpolate` and OpenCV's INTER_LINEAR do),
 * is above the threshold. Pixels between two numbers on one side of it are decided together, so that a mask costs what
 * its map costs and its rows, and only its border is looked at pixel by pixel.
 */
export function spansAbove(map: Map, across: Axis, down: Axis, clip: Region, width: number, threshold: number): Spans {
  const spans: number[] = [];
  if (clip.width <= 0 || clip.height <= 0) return new Uint32Array();
  const groups = groupsOf(across, clip);
  const row = new Float32Array(map.width);
  for (let y = clip.y; y < clip.y + clip.height; y++) {
    const place = placed(down, y);
    const first = Math.floor(place);
    const second = Math.min(first + 1, down.most);
    blend(map, first, second, place - first, groups.left, groups.right, row);
    addRow(row, groups, clip, threshold, y * width, spans);
  }
  return Uint32Array.from(spans);
}

export function placed({ start, step, least, most }: Axis, pixel: number): number {
  return Math.min(Math.max(start + (pixel + 0.5) * step - 0.5, least), most);
}

/** Neighbouring pixels between the same two columns of the map. */
interface Groups {
  /** First pixel of each group, counted from the clip's left, and behind the last their number. */
  readonly begins: Uint32Array;
  /** The column before each group's pixels, and the one behind. */
  readonly columns: Uint32Array;
  readonly nexts: Uint32Array;
  /** Of each pixel, how far it is on its way to the column behind, 0…1. */
  readonly shares: Float64Array;
  readonly left: number;
  readonly right: number;
}

function groupsOf(axis: Axis, { x, width }: Region): Groups {
  const begins: number[] = [];
  const columns: number[] = [];
  const shares = new Float64Array(width);
  for (let at = 0; at < width; at++) {
    const place = placed(axis, x + at);
    const column = Math.floor(place);
    shares[at] = place - column;
    if (column === columns.at(-1)) continue;
    begins.push(at);
    columns.push(column);
  }
  begins.push(width);
  const nexts = columns.map((column) => Math.min(column + 1, axis.most));
  return {
    begins: Uint32Array.from(begins),
    columns: Uint32Array.from(columns),
    nexts: Uint32Array.from(nexts),
    shares,
    left: columns[0]!,
    right: nexts.at(-1)!,
  };
}

function blend(
  { data, width }: Map,
  first: number,
  second: number,
  share: number,
  left: number,
  right: number,
  row: Float32Array,
): void {
  const above = first * width;
  const below = second * width;
  for (let x = left; x <= right; x++) row[x] = data[above + x]! * (1 - share) + data[below + x]! * share;
}

function addRow(
  row: Float32Array,
  { begins, columns, nexts, shares }: Groups,
  clip: Region,
  threshold: number,
  rowStart: number,
  spans: number[],
): void {
  const origin = rowStart + clip.x;
  let begun = -1;
  for (let group = 0; group < columns.length; group++) {
    const a = row[columns[group]!]!;
    const b = row[nexts[group]!]!;
    const from = begins[group]!;
    if (a > threshold && b > threshold) {
      if (begun < 0) begun = from;
    } else if (!(a > threshold) && !(b > threshold)) {
      if (begun >= 0) spans.push(origin + begun, origin + from);
      begun = -1;
    } else {
      for (let at = from; at < begins[group + 1]!; at++) {
        const share = shares[at]!;
        const isIn = a * (1 - share) + b * share > threshold;
        if (isIn === begun >= 0) continue;
        if (!isIn) spans.push(origin + begun, origin + at);
        begun = isIn ? at : -1;
      }
    }
  }
  if (begun >= 0) spans.push(origin + begun, origin + clip.width);
}
