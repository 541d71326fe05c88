import type { JsonValue } from '../wire/jsonDocument.ts';
import { LongNumbers } from '../wire/longNumbers.ts';
import { LongText } from '../wire/longText.ts';

/** What Python calls the type of a value that came as JSON. A whole number is an int: `1.0` and `1` are one value here. */
export function pythonTypeName(value: JsonValue): string {
  if (value === null) return 'NoneType';
  if (typeof value === 'string' || value instanceof LongText) return 'str';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return Array.isArray(value) || value instanceof LongNumbers ? 'list' : 'dict';
}

/** What an `if` of Python takes for true. */
export function isTruthy(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || typeof value !== 'object') return Boolean(value);
  if (value instanceof LongText || value instanceof LongNumbers) return true;
  return Object.keys(value).length > 0;
}
