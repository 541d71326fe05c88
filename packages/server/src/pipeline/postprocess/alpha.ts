import type { Size } from '../../domain/geometry.ts';
import { resizeNearest, type Window } from './labels.ts';

export type AlphaKernel = 'nearest' | 'linear' | 'cubic';

/** For each target pixel the first source pixel that counts, and `taps` weights from there on. */
interface Taps {
  readonly taps: number;
  readonly first: Uint32Array;
  readonly weights: Float32Array;
}

/**
 * Brings the window of an opacity map to `target`'s size. Half-pixel centres; pixels beside the window (the letterbox's
 * padding) never count; a kernel grows with the step when the map shrinks, so that nothing is skipped. Rows first,
 * then columns, in float32: exact to rounding, and no call out of JavaScript.
 */
export function resizeAlpha(
  source: Uint8Array,
  sourceSize: Size,
  window: Window,
  target: Size,
  kernel: AlphaKernel,
): Uint8Array {
  if (kernel === 'nearest') return resizeNearest(source, sourceSize, window, target);
  const out = new Uint8ClampedArray(target.width * target.height); // rounds, and cubic overshoots
  resize(source, sourceSize, window, target, kernel, out);
  return new Uint8Array(out.buffer);
}

/** The same for numbers of any range, taken linearly. */
export function resizeFloats(source: Float32Array, sourceSize: Size, window: Window, target: Size): Float32Array {
  const out = new Float32Array(target.width * target.height);
  resize(source, sourceSize, window, target, 'linear', out);
  return out;
}

type Source = Uint8Array | Float32Array;
type Target = Uint8ClampedArray | Float32Array;

function resize(
  source: Source,
  sourceSize: Size,
  window: Window,
  target: Size,
  kernel: 'linear' | 'cubic',
  out: Target,
): void {
  const across = tapsOf(window.x, window.width, sourceSize.width, target.width, kernel);
  const down = tapsOf(window.y, window.height, sourceSize.height, target.height, kernel);
  // A ring of the source rows that one target row needs: a 1×65,535 picture must not cost 65,535 rows of floats.
  const ring = new Float32Array(down.taps * target.width);
  const sum = new Float32Array(target.width);
  let ready = down.first[0]!;
  for (let y = 0; y < target.height; y++) {
    for (; ready < down.first[y]! + down.taps; ready++) {
      blendAcross(source, ready * sourceSize.width, across, ring, (ready % down.taps) * target.width, target.width);
    }
    blendDown(ring, down, y, sum, out, target.width);
  }
}

function tapsOf(start: number, length: number, sourceSide: number, side: number, kernel: 'linear' | 'cubic'): Taps {
  const step = length / side;
  const stretch = Math.max(1, step);
  const radius = (kernel === 'linear' ? 1 : 2) * stretch;
  const least = Math.min(Math.floor(start), sourceSide - 1);
  const most = Math.max(least, Math.min(Math.ceil(start + length) - 1, sourceSide - 1));
  const taps = Math.min(Math.ceil(radius * 2), most - least + 1);
  const first = new Uint32Array(side);
  const weights = new Float32Array(side * taps);
  for (let index = 0; index < side; index++) {
    const centre = start + (index + 0.5) * step - 0.5;
    const begin = Math.min(Math.max(Math.floor(centre - radius) + 1, least), most - taps + 1);
    first[index] = begin;
    addWeights(weights, index * taps, taps, begin, centre, { least, most, radius, stretch, kernel });
  }
  return { taps, first, weights };
}

interface Reach {
  readonly least: number;
  readonly most: number;
  readonly radius: number;
  readonly stretch: number;
  readonly kernel: 'linear' | 'cubic';
}

/** What falls beside the window counts for the nearest pixel inside: edges continue. The sum is 1. */
function addWeights(
  weights: Float32Array,
  at: number,
  taps: number,
  begin: number,
  centre: number,
  reach: Reach,
): void {
  const value = reach.kernel === 'linear' ? triangle : catmullRom;
  let sum = 0;
  for (let source = Math.floor(centre - reach.radius) + 1; source < centre + reach.radius; source++) {
    const inside = Math.min(Math.max(source, reach.least), reach.most) - begin;
    const weight = value((source - centre) / reach.stretch);
    const slot = at + Math.min(Math.max(inside, 0), taps - 1);
    weights[slot] = weights[slot]! + weight;
    sum += weight;
  }
  for (let tap = 0; tap < taps; tap++) weights[at + tap] = weights[at + tap]! / sum;
}

function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

function catmullRom(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return (1.5 * d - 2.5) * d * d + 1;
  return d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0;
}

function blendAcross(
  source: Source,
  from: number,
  { taps, first, weights }: Taps,
  out: Float32Array,
  to: number,
  width: number,
): void {
  for (let x = 0, slot = 0; x < width; x++) {
    let sum = 0;
    const begin = from + first[x]!;
    for (let tap = 0; tap < taps; tap++, slot++) sum += source[begin + tap]! * weights[slot]!;
    out[to + x] = sum;
  }
}

function blendDown(
  ring: Float32Array,
  { taps, first, weights }: Taps,
  y: number,
  sum: Float32Array,
  out: Target,
  width: number,
): void {
  const row = (tap: number) => ring.subarray(((first[y]! + tap) % taps) * width).subarray(0, width);
  const weight = (tap: number) => weights[y * taps + tap]!;
  const line = out.subarray(y * width, (y + 1) * width);
  if (taps === 1) {
    line.set(row(0));
    return;
  }
  let head = row(0);
  let headWeight = weight(0);
  if (taps > 2) {
    sum.fill(0);
    for (let tap = 0; tap < taps - 1; tap++) addRow(sum, row(tap), weight(tap));
    head = sum;
    headWeight = 1;
  }
  mixRows(head, headWeight, row(taps - 1), weight(taps - 1), line);
}

function addRow(sum: Float32Array, row: Float32Array, weight: number): void {
  for (let x = 0; x < sum.length; x++) sum[x] = sum[x]! + row[x]! * weight;
}

/** All there is to do for the usual case, linear growth: two rows. */
function mixRows(a: Float32Array, weightA: number, b: Float32Array, weightB: number, out: Target): void {
  for (let x = 0; x < out.length; x++) out[x] = a[x]! * weightA + b[x]! * weightB;
}
