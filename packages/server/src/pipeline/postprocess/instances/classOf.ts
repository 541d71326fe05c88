import { Fault } from '../../../domain/fault.ts';

/** How the model's own class numbers become indices of labels. */
export interface Classes {
  /** The number of the first label. */
  readonly first: number;
  /** How many labels the model's numbers may mean. */
  readonly count: number;
}

/** Throws Fault `model_invalid` for a number that no label has. */
export function classOf(number: number, { first, count }: Classes): number {
  const index = number - first;
  if (index >= 0 && index < count) return index;
  const expected = `class numbers from ${first} to ${first + count - 1}, since there are ${count} labels`;
  throw Fault.expected('model_invalid', expected, `${number} from the model`);
}
