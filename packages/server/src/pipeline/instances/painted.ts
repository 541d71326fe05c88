import type { Size } from '../../domain/geometry.ts';
import type { Instance } from './instance.ts';
import { paint } from './spans.ts';

/** A map of one number for each pixel: `rest` where there is no instance, the highest score on top where there are several. */
export function painted(
  { width, height }: Size,
  instances: readonly Instance[],
  numberOf: (instance: Instance) => number,
  rest: number,
  most: number,
): Uint8Array | Uint16Array {
  const data = most < 256 ? new Uint8Array(width * height) : new Uint16Array(width * height);
  if (rest !== 0) data.fill(rest);
  for (const instance of instances.toReversed()) paint(data, instance.spans, numberOf(instance));
  return data;
}

/** The id map: 0 where there is no instance. */
export function idMap(size: Size, instances: readonly Instance[]): Uint16Array {
  return painted(size, instances, ({ id }) => id, 0, 65_535) as Uint16Array;
}
