import type { PanopticOutput } from '@segserve/contract';
import type { Size } from '../../../domain/geometry.ts';
import { axisOf, type View } from '../instances/maskIn.ts';
import { type Footprints, footprintsOf, type Taps, tapsOf } from './taps.ts';

/**
 * The masks of all queries, as many pixels of the picture at a time as are asked for: all of them at the picture's size
 * would be a hundred pictures.
 */
export interface MaskSource {
  /** Numbers in a row of `planes`. */
  readonly width: number;
  /** By query, at the masks' own size: a pixel's number lies between the least and the largest of its footprint. */
  readonly planes: readonly Float32Array[];
  readonly columns: Footprints;
  readonly lines: Footprints;
  /** Writes the numbers of pixels `from` … `to` of line `y` of a query to the start of `out`. */
  readonly fill: Fill;
}

type Fill = (query: number, y: number, from: number, to: number, out: Float64Array) => void;
type Planes = readonly Float32Array[];

/**
 * Probabilities, or with `none` the logits themselves. `size`: of the masks; the view's window counts their pixels. `input`: the size of the
 * model's input.
 */
export function maskSource(
  logits: Planes,
  size: Size,
  input: Size,
  view: View,
  sigmoidAt: PanopticOutput['sigmoidAt'] | 'none',
): MaskSource {
  const planes = sigmoidAt === 'none' ? logits : logits.map(probabilitiesOf);
  const { width } = size;
  if (sigmoidAt === 'input' && (input.width !== width || input.height !== size.height)) {
    return { width, planes, ...grown(logits, size, input, view) };
  }
  const [across, down] = tapsIn(view, size);
  const fill =
    sigmoidAt === 'picture' ? between(logits, width, across, down, true) : between(planes, width, across, down, false);
  return { width, planes, columns: footprintsOf(across), lines: footprintsOf(down), fill };
}

/** Straight between four numbers of a plane. */
function between(planes: Planes, width: number, across: Taps, down: Taps, areLogits: boolean): Fill {
  return (query, y, from, to, out) => {
    const plane = planes[query]!;
    const above = down.firsts[y]! * width;
    const below = down.seconds[y]! * width;
    const share = down.shares[y]!;
    let [held, left, right] = [-1, 0, 0];
    for (let x = from; x < to; x++) {
      const column = across.firsts[x]!;
      if (column !== held) {
        const next = across.seconds[x]!;
        held = column;
        left = plane[above + column]! * (1 - share) + plane[below + column]! * share;
        right = plane[above + next]! * (1 - share) + plane[below + next]! * share;
      }
      const value = left * (1 - across.shares[x]!) + right * across.shares[x]!;
      out[x - from] = areLogits ? sigmoid(value) : value;
    }
  };
}

/** Logits are grown to the size of the model's input, made probabilities there, and taken to the picture. */
function grown(logits: Planes, size: Size, input: Size, view: View): Pick<MaskSource, 'columns' | 'lines' | 'fill'> {
  const { window, target } = view;
  const [wide, high] = [input.width / size.width, input.height / size.height];
  const inInput = { x: window.x * wide, y: window.y * high, width: window.width * wide, height: window.height * high };
  const [across, down] = tapsIn({ window: inInput, target }, input);
  const grow = grower(size, input);
  const fill: Fill = (query, y, from, to, out) => {
    const plane = logits[query]!;
    const [above, below, share] = [down.firsts[y]!, down.seconds[y]!, down.shares[y]!];
    const columnOf = (column: number) =>
      grow.probability(plane, above, column) * (1 - share) + grow.probability(plane, below, column) * share;
    let [held, left, right] = [-2, 0, 0];
    for (let x = from; x < to; x++) {
      const column = across.firsts[x]!;
      if (column !== held) {
        left = column === held + 1 ? right : columnOf(column);
        right = columnOf(across.seconds[x]!);
        held = column;
      }
      out[x - from] = left * (1 - across.shares[x]!) + right * across.shares[x]!;
    }
  };
  return { columns: footprintsOf(across, grow.across), lines: footprintsOf(down, grow.down), fill };
}

interface Grower {
  readonly across: Taps;
  readonly down: Taps;
  /** Of a pixel at the size that is grown to. In 32 bits, as a tensor there would have it. */
  readonly probability: (logits: Float32Array, line: number, column: number) => number;
}

/** Makes probabilities at the size `to` from logits at the size `from`. */
export function grower(from: Size, to: Size): Grower {
  const [across, down] = tapsIn({ window: { x: 0, y: 0, ...from }, target: to }, from);
  const { width } = from;
  return {
    across,
    down,
    probability: (logits, line, column) => {
      const above = down.firsts[line]! * width;
      const below = down.seconds[line]! * width;
      const [low, side] = [down.shares[line]!, across.shares[column]!];
      const [first, next] = [across.firsts[column]!, across.seconds[column]!];
      const left = logits[above + first]! * (1 - low) + logits[below + first]! * low;
      const right = logits[above + next]! * (1 - low) + logits[below + next]! * low;
      return Math.fround(sigmoid(left * (1 - side) + right * side));
    },
  };
}

export function probabilitiesOf(logits: Float32Array): Float32Array {
  const out = new Float32Array(logits.length);
  for (let at = 0; at < out.length; at++) out[at] = sigmoid(logits[at]!);
  return out;
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

function tapsIn({ window, target }: View, { width, height }: Size): [across: Taps, down: Taps] {
  return [
    tapsOf(axisOf(window.x, window.width, target.width, 0, width, width), target.width),
    tapsOf(axisOf(window.y, window.height, target.height, 0, height, height), target.height),
  ];
}
