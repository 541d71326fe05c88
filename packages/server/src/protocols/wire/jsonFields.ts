import { Fault } from '../../domain/fault.ts';
import { type Base64Options, base64Part, decodeBase64 } from './base64.ts';
import type { JsonArray, JsonObject, JsonValue } from './jsonDocument.ts';
import { LongNumbers } from './longNumbers.ts';
import { LongText } from './longText.ts';

type Maybe = JsonValue | undefined;

/** `name` is how the message calls the value: a field, or "the body". Throws Fault `invalid_request`, as all below do. */
export function asObject(value: Maybe, name: string): JsonObject {
  if (isObject(value)) return value;
  throw wrongKind(name, 'a JSON object', value);
}

/** An ordinary list; for one of numbers see `numbersField`. */
export function asArray(value: Maybe, name: string): JsonArray {
  if (Array.isArray(value)) return value;
  throw wrongKind(name, 'a list', value);
}

/** Short or long text as a string. */
export function textField(value: Maybe, name: string): string {
  if (typeof value === 'string') return value;
  if (value instanceof LongText) return value.text();
  throw wrongKind(name, 'a string', value);
}

/** Short or long text as UTF-8. */
export function textBytes(value: Maybe, name: string): Uint8Array {
  if (typeof value === 'string') return Buffer.from(value);
  if (value instanceof LongText) return value.bytes;
  throw wrongKind(name, 'a string', value);
}

export interface Base64FieldOptions extends Base64Options {
  /** "data:image/…;base64," may stand in front. */
  readonly dataUrl?: boolean;
}

/** The bytes that short or long text stands for in base64; decoded in slices with the event loop let in between. */
export async function base64Field(value: Maybe, name: string, options: Base64FieldOptions = {}): Promise<Buffer> {
  const text = textBytes(value, name);
  return decodeBase64(options.dataUrl === true ? base64Part(text, name) : text, name, options);
}

export interface NumbersField {
  /** Sides, outermost first. */
  readonly shape: readonly number[];
  readonly data: Float64Array<ArrayBuffer>;
}

/** A list of numbers, flat or nested, short or long; rows have to be equally long. */
export async function numbersField(value: Maybe, name: string): Promise<NumbersField> {
  if (value instanceof LongNumbers) return { shape: value.shape, data: await value.toFloat64Array() };
  const shape: number[] = [];
  const data: number[] = [];
  flatten(asArray(value, name), 0);
  return { shape, data: Float64Array.from(data) };

  function flatten(items: JsonArray, depth: number): void {
    shape[depth] ??= items.length;
    if (shape[depth] !== items.length) throw wrongKind(name, 'a list of rows that are equally long', items);
    for (const item of items) {
      if (Array.isArray(item) && (shape.length > depth + 1 || data.length === 0)) flatten(item, depth + 1);
      else if (typeof item === 'number' && shape.length === depth + 1) data.push(item);
      else throw wrongKind(name, 'a list of numbers whose rows are equally long', item);
    }
  }
}

export function isObject(value: Maybe): value is JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return !(value instanceof LongText || value instanceof LongNumbers);
}

function wrongKind(name: string, expected: string, value: Maybe): Fault {
  return Fault.expected('invalid_request', `${name} to be ${expected}`, kindOf(value));
}

/** What a value is, for a message: "a string", "an object". */
export function kindOf(value: Maybe): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (value instanceof LongText) return 'a string';
  if (Array.isArray(value) || value instanceof LongNumbers) return 'an array';
  return `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
