import type { Pixels } from '../../domain/image.ts';
import { boxMean } from './boxMean.ts';
import type { Cells } from './cells.ts';
import { lerpsOf } from './lerps.ts';

export interface GuidedFilterOptions {
  /** Half the window in cells, at least 1. */
  readonly radiusX: number;
  readonly radiusY: number;
  /** Variance of the colours, of 255², below which the photo counts as plain. */
  readonly epsilon: number;
}

/** alpha = red·r + green·g + blue·b + constant + rest·alpha, per cell, averaged over the windows that hold it. */
export interface LinearModel {
  readonly width: number;
  readonly height: number;
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  readonly constant: Float32Array;
  /** Weight of the alpha as it was, 0…1. */
  readonly rest: Float32Array;
}

/**
 * The guided filter of He, Sun and Tang (Guided Image Filtering, ECCV 2010, §3) with a colour guide, in its fast form
 * (He and Sun, Fast Guided Filter, arXiv:1505.00996): in each window alpha is fitted as a linear function of the
 * colours; the functions are found on cells and later applied to pixels. 21 running means: linear in cells.
 *
 * Two things are ours. Cells count by the confidence in them, so that the function is learnt from what is surely in
 * front and surely behind, and tells what lies between; the plain filter trusts a mask that is a pixel too wide,
 * and leaves a halo. And a window's function counts by the share of alpha's variance that it explains (R²); for the
 * rest the alpha stays as it was. So a photo that says nothing of an edge (same colours on both sides) leaves it
 * alone, where the plain filter blurs it; and constant alpha stays as it is, exactly.
 */
export function guidedFilter(cells: Cells, { radiusX, radiusY, epsilon }: GuidedFilterOptions): LinearModel {
  const { width, height, red, green, blue, alpha } = cells;
  const plainMean = (plane: Float32Array) => boxMean(plane, cells, radiusX, radiusY);
  const weight = confidence(cells);
  const total = plainMean(weight);
  const mean = (plane: Float32Array) => divided(plainMean(plane.map((value, index) => value * weight[index]!)), total);
  const product = (a: Float32Array, b: Float32Array) => {
    const plane = new Float32Array(a.length);
    for (let index = 0; index < plane.length; index++) plane[index] = a[index]! * b[index]! * weight[index]!;
    return divided(plainMean(plane), total);
  };
  const means = [red, green, blue, alpha].map(mean) as Planes4;
  const squares = {
    rr: product(red, red),
    rg: product(red, green),
    rb: product(red, blue),
    gg: product(green, green),
    gb: product(green, blue),
    bb: product(blue, blue),
    ra: product(red, alpha),
    ga: product(green, alpha),
    ba: product(blue, alpha),
    aa: product(alpha, alpha),
  };
  const fitted = fit(means, squares, epsilon);
  const [r, g, b, constant, rest] = fitted.map(plainMean) as [...Planes4, Float32Array];
  return { width, height, red: r, green: g, blue: b, constant, rest };
}

/** Nearly 1 where alpha is 0 or 255 all around, a hundredth of that where the mask changes: that is what is asked. */
function confidence(cells: Cells): Float32Array {
  const near = boxMean(cells.alpha, cells, doubtRadius, doubtRadius);
  return near.map((opacity) => (opacity / 127.5 - 1) ** 2 + 0.01);
}

/** Cells from the mask's edge within which the model may be wrong. */
const doubtRadius = 2;

function divided(plane: Float32Array, by: Float32Array): Float32Array {
  for (let index = 0; index < plane.length; index++) plane[index] = plane[index]! / by[index]!;
  return plane;
}

type Planes4 = [Float32Array, Float32Array, Float32Array, Float32Array];
type Squares = Readonly<Record<'rr' | 'rg' | 'rb' | 'gg' | 'gb' | 'bb' | 'ra' | 'ga' | 'ba' | 'aa', Float32Array>>;

/** Ridge regression per cell: (Σ + ε)⁻¹ · cov(colours, alpha), by the adjugate of the symmetric 3×3 matrix. */
function fit([mr, mg, mb, ma]: Planes4, s: Squares, epsilon: number): Float32Array[] {
  const n = ma.length;
  const out = [0, 1, 2, 3, 4].map(() => new Float32Array(n));
  const [red, green, blue, constant, rest] = out as [...Planes4, Float32Array];
  for (let i = 0; i < n; i++) {
    const [r, g, b, a] = [mr[i]!, mg[i]!, mb[i]!, ma[i]!];
    const spread = s.aa[i]! - a * a;
    if (spread < 0.01) {
      rest[i] = 1; // alpha is constant here
      continue;
    }
    const rr = s.rr[i]! - r * r + epsilon;
    const gg = s.gg[i]! - g * g + epsilon;
    const bb = s.bb[i]! - b * b + epsilon;
    const rg = s.rg[i]! - r * g;
    const rb = s.rb[i]! - r * b;
    const gb = s.gb[i]! - g * b;
    const [ra, ga, ba] = [s.ra[i]! - r * a, s.ga[i]! - g * a, s.ba[i]! - b * a];
    const [c0, c1, c2] = [gg * bb - gb * gb, gb * rb - rg * bb, rg * gb - gg * rb];
    const determinant = rr * c0 + rg * c1 + rb * c2;
    const [c11, c12, c22] = [rr * bb - rb * rb, rg * rb - rr * gb, rr * gg - rg * rg];
    const kr = (c0 * ra + c1 * ga + c2 * ba) / determinant;
    const kg = (c1 * ra + c11 * ga + c12 * ba) / determinant;
    const kb = (c2 * ra + c12 * ga + c22 * ba) / determinant;
    const explained = Math.min(Math.max((kr * ra + kg * ga + kb * ba) / spread, 0), 1);
    red[i] = kr * explained;
    green[i] = kg * explained;
    blue[i] = kb * explained;
    constant[i] = (a - kr * r - kg * g - kb * b) * explained;
    rest[i] = 1 - explained;
  }
  return out;
}

/** The functions at each pixel (between cells by two-way linear interpolation), of its colour. Rounded, 0…255. */
export function applyModel(model: LinearModel, cells: Cells, photo: Pixels, alpha: Uint8Array): Uint8Array {
  const { width, height } = photo;
  const across = lerpsOf(width, cells.cell.across, model.width);
  const down = lerpsOf(height, cells.cell.down, model.height);
  const rows = [0, 1, 2, 3, 4].map(() => new Float32Array(model.width)) as Row;
  const out = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    blendRows(model, down.first[y]!, down.second[y]!, down.share[y]!, rows);
    applyRow(rows, across, photo, alpha, y, out);
  }
  return new Uint8Array(out.buffer);
}

type Row = [...Planes4, Float32Array];

function blendRows(model: LinearModel, first: number, second: number, share: number, rows: Row): void {
  const planes = [model.red, model.green, model.blue, model.constant, model.rest];
  const [a, b] = [first * model.width, second * model.width];
  planes.forEach((plane, index) => {
    const row = rows[index]!;
    for (let x = 0; x < row.length; x++) row[x] = plane[a + x]! * (1 - share) + plane[b + x]! * share;
  });
}

function applyRow(
  [red, green, blue, constant, rest]: Row,
  { first, second, share }: ReturnType<typeof lerpsOf>,
  { data, width, channels }: Pixels,
  alpha: Uint8Array,
  y: number,
  out: Uint8ClampedArray,
): void {
  for (let x = 0, pixel = y * width, at = pixel * channels; x < width; x++, pixel++, at += channels) {
    const [i, j] = [first[x]!, second[x]!];
    const t = share[x]!;
    const s = 1 - t;
    const kept = rest[i]! * s + rest[j]! * t;
    const value = alpha[pixel]!;
    if (kept > 0.9999) {
      out[pixel] = value;
      continue;
    }
    out[pixel] =
      (red[i]! * s + red[j]! * t) * data[at]! +
      (green[i]! * s + green[j]! * t) * data[at + 1]! +
      (blue[i]! * s + blue[j]! * t) * data[at + 2]! +
      (constant[i]! * s + constant[j]! * t) +
      kept * value;
  }
}
