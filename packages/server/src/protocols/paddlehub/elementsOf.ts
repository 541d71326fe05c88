import { Fault } from '../../domain/fault.ts';
import type { JsonValue } from '../wire/jsonDocument.ts';
import { LongNumbers } from '../wire/longNumbers.ts';
import { LongText } from '../wire/longText.ts';
import { PythonError } from './pythonError.ts';
import { pythonTypeName } from './pythonTypeName.ts';

/** Pictures that one request may name; far more than clients send, and few enough to be held at once. */
const picturesMax = 1000;

/**
 * What a `for` of Python goes through: the elements of a list, the keys of an object, the characters of a text; of a text
 * and of a list of numbers the first alone, since that one already fails where a list of texts is meant.
 */
export function elementsOf(value: JsonValue): readonly JsonValue[] {
  if (Array.isArray(value)) {
    if (value.length <= picturesMax) return value;
    throw Fault.expected('invalid_request', `at most ${picturesMax} pictures in one request`, String(value.length));
  }
  if (typeof value === 'string') return [...value].slice(0, 1);
  if (value instanceof LongText) return [Buffer.from(value.bytes.subarray(0, 4)).toString('utf8').slice(0, 1)];
  if (value instanceof LongNumbers) return [0];
  if (typeof value === 'object' && value !== null) return Object.keys(value);
  throw new PythonError(`'${pythonTypeName(value)}' object is not iterable`);
}
