import { type TrimapInput, trimapClasses } from '@segserve/contract';

/** How many channels of the network's input the trimap takes. */
export function trimapChannels({ encoding, channels }: TrimapInput): number {
  return encoding === 'value' ? 1 : channels.length;
}

/** The numbers of each channel, for what a pixel's byte says: background, unknown, foreground. */
function tablesOf({ encoding, values, channels }: TrimapInput): (readonly number[])[] {
  if (encoding === 'value') return [values];
  return channels.map((wanted) => trimapClasses.map((name) => (name === wanted ? 1 : 0)));
}

export interface PlanesShape {
  readonly layout: 'nchw' | 'nhwc';
  /** Pictures, and pixels of each. */
  readonly n: number;
  readonly area: number;
}

/** Writes the trimap's channels behind the first `skip` ones of `numbers`, which has room for both. */
function writePlanes(
  trimap: Uint8Array,
  rule: TrimapInput,
  { layout, n, area }: PlanesShape,
  numbers: Float32Array,
  skip: number,
): void {
  const tables = tablesOf(rule);
  const all = skip + tables.length;
  const isPlanar = layout === 'nchw';
  for (let image = 0; image < n; image++) {
    for (const [channel, table] of tables.entries()) {
      const start = image * area * all + (isPlanar ? (skip + channel) * area : skip + channel);
      const step = isPlanar ? 1 : all;
      for (let pixel = 0, to = start; pixel < area; pixel++, to += step) {
        numbers[to] = table[trimap[image * area + pixel]!]!;
      }
    }
  }
}

/** The trimap as the network takes it, alone. */
export function trimapPlanes(trimap: Uint8Array, rule: TrimapInput, shape: PlanesShape): Float32Array {
  const numbers = new Float32Array(shape.n * shape.area * trimapChannels(rule));
  writePlanes(trimap, rule, shape, numbers, 0);
  return numbers;
}

/** `colors`, the three channels of the picture, with the trimap's channels behind them. */
export function withTrimapPlanes(
  colors: Float32Array,
  trimap: Uint8Array,
  rule: TrimapInput,
  shape: PlanesShape,
): Float32Array {
  const { layout, n, area } = shape;
  const all = 3 + trimapChannels(rule);
  const numbers = new Float32Array(n * area * all);
  if (layout === 'nchw') {
    for (let image = 0; image < n; image++) {
      numbers.set(colors.subarray(image * area * 3, (image + 1) * area * 3), image * area * all);
    }
  } else {
    for (let pixel = 0; pixel < n * area; pixel++) {
      numbers.set(colors.subarray(pixel * 3, pixel * 3 + 3), pixel * all);
    }
  }
  writePlanes(trimap, rule, shape, numbers, 3);
  return numbers;
}
