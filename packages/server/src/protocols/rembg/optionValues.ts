import type { Issue, Place } from './invalid.ts';

/** A value as it came; a file where a text belongs is told by its name. */
export interface Given {
  readonly place: Place;
  readonly value: string | { readonly filename: string };
}

/** What a value means, or what is wrong with it. */
export type Read<Value> = { readonly value: Value } | { readonly issue: Issue };

type Wrong = Omit<Issue, 'loc' | 'input'>;

/** https://docs.pydantic.dev/latest/api/standard_library_types/#booleans, white space is not taken off. */
const yes = new Set(['1', 'on', 't', 'true', 'y', 'yes']);
const no = new Set(['0', 'off', 'f', 'false', 'n', 'no']);

export function readFlag(name: string, given: Given): Read<boolean> {
  if (typeof given.value !== 'string') return wrongKind(name, given, 'bool', 'boolean');
  const word = given.value.toLowerCase();
  if (yes.has(word) || no.has(word)) return { value: yes.has(word) };
  const msg = 'Input should be a valid boolean, unable to interpret input';
  return wrong(name, given, { type: 'bool_parsing', msg });
}

/** A whole number from 0; `1_000` and `7.0` are some too, as pydantic reads them. */
export function readWhole(name: string, given: Given, most: number): Read<number> {
  if (typeof given.value !== 'string') return wrongKind(name, given, 'int', 'integer');
  if (!/^\s*[+-]?\d+(_\d+)*(\.0+)?\s*$/.test(given.value)) {
    const msg = 'Input should be a valid integer, unable to parse string as an integer';
    return wrong(name, given, { type: 'int_parsing', msg });
  }
  const value = Number(given.value.replaceAll('_', ''));
  if (value < 0) {
    const msg = 'Input should be greater than or equal to 0';
    return wrong(name, given, { type: 'greater_than_equal', msg, ctx: { ge: 0 } });
  }
  if (value > most) {
    const msg = `Input should be less than or equal to ${most}`;
    return wrong(name, given, { type: 'less_than_equal', msg, ctx: { le: most } });
  }
  return { value };
}

export function readText(name: string, given: Given): Read<string> {
  return typeof given.value === 'string' ? { value: given.value } : wrongKind(name, given, 'string', 'string');
}

export function wrong(name: string, { place, value }: Given, { type, msg, ctx }: Wrong): { readonly issue: Issue } {
  return { issue: { type, loc: [place, name], msg, input: value, ...(ctx === undefined ? {} : { ctx }) } };
}

function wrongKind(name: string, given: Given, type: string, noun: string): { readonly issue: Issue } {
  return wrong(name, given, { type: `${type}_type`, msg: `Input should be a valid ${noun}` });
}
