import { Fault } from '../domain/fault.ts';

/** Whether one of the numbers is NaN: it would lose every comparison, and a mask would come out of it that means nothing. */
export function hasNaN(numbers: Float32Array): boolean {
  for (let at = 0; at < numbers.length; at++) if (Number.isNaN(numbers[at])) return true;
  return false;
}

/** What is said of such a model, whatever its task. */
export function notNumbers(): Fault {
  return Fault.expected('model_invalid', 'scores that are numbers', 'NaN in the output of the model');
}
