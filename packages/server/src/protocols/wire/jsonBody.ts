import { Fault } from '../../domain/fault.ts';
import { type JsonObject, type JsonValue, readJsonDocument } from './jsonDocument.ts';
import { isObject, kindOf } from './jsonFields.ts';
import { LongNumbers } from './longNumbers.ts';
import { LongText } from './longText.ts';

/** Bytes of a JSON body besides its pictures. */
const restBytesMax = 64 * 1024;

export interface JsonBody {
  /** All fields but the long ones, an own null-prototype object. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The texts of each long field as bytes, still base64 or whatever they are; a field that is absent or null is absent. */
  readonly long: Readonly<Partial<Record<string, readonly Uint8Array[]>>>;
}

/** Fields that hold pictures as text: one, or (in `lists`) one or a list of them. */
export interface LongFields {
  readonly one: readonly [string, ...string[]];
  readonly lists?: readonly string[];
}

/**
 * Reads a JSON object some of whose fields may be pictures as text, and no other longer than an option is. `wordy` are
 * options that are texts and may be as long as all options together.
 */
export async function readJsonBody(
  body: Uint8Array,
  { one, lists = [] }: LongFields,
  wordy: readonly string[] = [],
): Promise<JsonBody> {
  if (body.length === 0) throw new Fault('invalid_request', 'Expected a JSON object but the body is empty.');
  const document = await readJsonDocument(body, { restBytesMax, field: one[0] });
  const others: Record<string, JsonValue> = { ...withWords(plainObject(document), wordy) };
  const long: Record<string, readonly Uint8Array[]> = Object.create(null);
  for (const name of [...one, ...lists]) {
    const { [name]: value } = others;
    delete others[name];
    if (value === undefined || value === null) continue;
    const isList = lists.includes(name);
    const items: readonly JsonValue[] = isList && Array.isArray(value) ? value : [value];
    long[name] = items.map((item) => bytesOf(item, name, isList ? 'a list of strings' : 'a string'));
  }
  const tooLong = Object.values(others).some((other) => other instanceof LongText || other instanceof LongNumbers);
  if (tooLong) {
    const expected = `at most ${restBytesMax / 1024} KiB of JSON besides \`${one[0]}\``;
    throw Fault.expected('invalid_request', expected, 'more than that');
  }
  return { fields: Object.assign(Object.create(null), others), long };
}

function withWords(fields: JsonObject, names: readonly string[]): JsonObject {
  const words = names.flatMap((name) => {
    const value = fields[name];
    return value instanceof LongText && value.bytes.length <= restBytesMax ? [[name, value.text()] as const] : [];
  });
  return words.length === 0 ? fields : { ...fields, ...Object.fromEntries(words) };
}

function bytesOf(value: JsonValue, name: string, what: string): Uint8Array {
  if (value instanceof LongText) return value.bytes;
  if (typeof value === 'string') return Buffer.from(value);
  throw Fault.expected('invalid_request', `\`${name}\` to be ${what}`, kindOf(value));
}

function plainObject(value: JsonValue): JsonObject {
  if (!isObject(value)) throw Fault.expected('invalid_request', 'a JSON object', kindOf(value));
  // An own "__proto__" would become the prototype of whatever the fields are copied into.
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    if (Object.hasOwn(value, name)) throw new Fault('invalid_request', `The field "${name}" is not allowed.`);
  }
  return value;
}
