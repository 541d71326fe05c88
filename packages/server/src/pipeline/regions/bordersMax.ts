import { Fault } from '../../domain/fault.ts';

/**
 * Pixel sides between regions, of one picture that is held whole. Tracing blocks a worker's thread: noise at this bound takes
 * seconds and makes answers of 75 MB. A street at 4K has a tenth of it.
 */
export const bordersMax = 1_048_576;

/** The same of a picture too large to be held, whose regions are as many more. */
export const largeBordersMax = 4 * bordersMax;

export interface BorderLimit {
  readonly most: number;
  /** What can be asked for where there are more. */
  readonly instead: string;
}

export const heldBorders: BorderLimit = { most: bordersMax, instead: 'minArea leaves small ones out' };
export const largeBorders: BorderLimit = {
  most: largeBordersMax,
  instead: 'region asks for a part of the picture',
};

export function refuseTooMany(borders: number, { most, instead }: BorderLimit = heldBorders): void {
  if (borders <= most) return;
  throw Fault.expected(
    'image_too_large',
    `a class map with at most ${most} pixel sides between regions for an answer made of regions (${instead})`,
    `${borders}`,
  );
}
