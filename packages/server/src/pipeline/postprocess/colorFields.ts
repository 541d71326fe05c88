import type { Size } from '../../domain/geometry.ts';
import { boxMean } from './boxMean.ts';
import { lerpsOf } from './lerps.ts';

/** Mean colours of what stands in front and of what stands behind, around each cell. */
export interface ColorFields extends Size {
  /** Pixels of a cell, across and down. */
  readonly step: number;
  /** R, G, B in front, R, G, B behind: 0…255. */
  readonly planes: readonly Float32Array[];
}

/** Per cell: weight and weighed R, G, B of what is in front, then the same of what is behind. */
export type Sums = readonly Float32Array[];

/** Adds the pixels of row `y` to the sums; `first` is the index of the row's first cell. */
export type AddRow = (y: number, first: number, sums: Sums) => void;

/** Weighed means over windows of 2 · radius + 1 cells. Where a window has nothing of one kind, the other stands in. */
export function colorFields(picture: Size, step: number, radius: number, addRow: AddRow): ColorFields {
  const size = { width: Math.ceil(picture.width / step), height: Math.ceil(picture.height / step) };
  const sums = Array.from({ length: 8 }, () => new Float32Array(size.width * size.height));
  for (let y = 0; y < picture.height; y++) addRow(y, Math.floor(y / step) * size.width, sums);
  const means = sums.map((plane) => boxMean(plane, size, radius, radius));
  const [front, behind] = [means.slice(0, 4), means.slice(4)] as [Planes4, Planes4];
  for (const planes of [front, behind]) normalise(planes);
  standIn(front, behind);
  standIn(behind, front);
  return { ...size, step, planes: [...front.slice(1), ...behind.slice(1)] };
}

type Planes4 = [weight: Float32Array, red: Float32Array, green: Float32Array, blue: Float32Array];

/** Weighed sums to means. */
function normalise([weight, red, green, blue]: Planes4): void {
  for (let index = 0; index < weight.length; index++) {
    const share = weight[index]!;
    if (share <= least) continue;
    red[index] = red[index]! / share;
    green[index] = green[index]! / share;
    blue[index] = blue[index]! / share;
  }
}

function standIn([weight, red, green, blue]: Planes4, other: Planes4): void {
  for (let index = 0; index < weight.length; index++) {
    if (weight[index]! > least || other[0][index]! <= least) continue;
    red[index] = other[1][index]!;
    green[index] = other[2][index]!;
    blue[index] = other[3][index]!;
  }
}

/** Below this a weight is what rounding has left of nothing. */
const least = 1e-12;

/** Reads the six colours at a pixel, by two-way linear interpolation between cells. */
export function colorsAt(
  { width, height, step, planes }: ColorFields,
  picture: Size,
): (x: number, y: number, out: Float64Array) => void {
  const across = lerpsOf(picture.width, step, width);
  const down = lerpsOf(picture.height, step, height);
  return (x, y, out) => {
    const [north, south] = [down.first[y]! * width, down.second[y]! * width];
    const [west, east] = [across.first[x]!, across.second[x]!];
    const [t, s] = [across.share[x]!, down.share[y]!];
    for (let index = 0; index < 6; index++) {
      const plane = planes[index]!;
      const above = plane[north + west]! * (1 - t) + plane[north + east]! * t;
      const below = plane[south + west]! * (1 - t) + plane[south + east]! * t;
      out[index] = above * (1 - s) + below * s;
    }
  };
}
