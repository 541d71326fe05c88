import { Fault } from '../../domain/fault.ts';

/**
 * Pixel sides between regions, of one picture. Tracing blocks a worker's thread: noise at this bound takes seconds and
 * makes answers of 75 MB. A street at 4K has a tenth of it.
 */
export const bordersMax = 1_048_576;

export function refuseTooMany(borders: number): void {
  if (borders <= bordersMax) return;
  throw Fault.expected(
    'image_too_large',
    `a class map with at most ${bordersMax} pixel sides between regions for an answer made of regions (minArea leaves small ones out)`,
    `${borders}`,
  );
}
