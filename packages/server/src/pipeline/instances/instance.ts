import type { Measured, Spans } from './spans.ts';

/** One thing in the picture. Masks may overlap. */
export interface Instance extends Measured {
  /** From 1, the highest score first: its number in the id map. */
  readonly id: number;
  /** Class index as in the class map. */
  readonly class: number;
  /** 0…1 */
  readonly score: number;
  readonly spans: Spans;
}
