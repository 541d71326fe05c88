import type { JsonObject, JsonValue } from '../wire/jsonDocument.ts';
import type { Family } from './families.ts';
import { PythonError } from './pythonError.ts';

/** Keyword arguments of one call, in the order in which they were named. */
export type CallArguments = ReadonlyMap<string, JsonValue>;

/** What the operator set, then what the request says: the request wins. */
export function mergedArguments(predictArgs: JsonObject, request: JsonObject): CallArguments {
  return new Map([...Object.entries(predictArgs), ...Object.entries(request)]);
}

/** Throws PythonError as the call of the serving method would. */
export function checkRequired({ required }: Family, given: CallArguments): void {
  const missing = required.filter((name) => !given.has(name)).map((name) => `'${name}'`);
  if (missing.length === 0) return;
  const noun = `positional argument${missing.length === 1 ? '' : 's'}`;
  throw new PythonError(`serving_method() missing ${missing.length} required ${noun}: ${missing.join(' and ')}`);
}

/** Throws PythonError as the call of the method behind it would, which happens once the pictures are decoded. */
export function checkKnown({ method, required, optional }: Family, given: CallArguments): void {
  const unknown = [...given.keys()].find((name) => !required.includes(name) && !optional.includes(name));
  if (unknown !== undefined) throw new PythonError(`${method}() got an unexpected keyword argument '${unknown}'`);
}
