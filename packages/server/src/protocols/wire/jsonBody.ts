import { Fault } from '../../domain/fault.ts';
import { type JsonObject, type JsonValue, readJsonDocument } from './jsonDocument.ts';
import { isObject, kindOf } from './jsonFields.ts';
import { LongNumbers } from './longNumbers.ts';
import { LongText } from './longText.ts';

/** Bytes of a JSON body besides its one long string. */
const restBytesMax = 64 * 1024;

export interface JsonBody {
  /** All fields but `longField`, an own null-prototype object. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The text of `longField` as bytes, still base64 or whatever it is; undefined when absent. */
  readonly long: Uint8Array | undefined;
}

/** Reads a JSON object one of whose fields may be a picture as text, and no other longer than an option is. */
export async function readJsonBody(body: Uint8Array, longField: string): Promise<JsonBody> {
  if (body.length === 0) throw new Fault('invalid_request', 'Expected a JSON object but the body is empty.');
  const document = await readJsonDocument(body, { restBytesMax, field: longField });
  const { [longField]: value, ...others } = plainObject(document);
  const tooLong = Object.values(others).some((other) => other instanceof LongText || other instanceof LongNumbers);
  if (tooLong) {
    const expected = `at most ${restBytesMax / 1024} KiB of JSON besides \`${longField}\``;
    throw Fault.expected('invalid_request', expected, 'more than that');
  }
  return { fields: Object.assign(Object.create(null), others), long: bytesOf(value, longField) };
}

function bytesOf(value: JsonValue | undefined, name: string): Uint8Array | undefined {
  if (value === undefined || value === null) return undefined;
  if (value instanceof LongText) return value.bytes;
  if (typeof value === 'string') return Buffer.from(value);
  throw Fault.expected('invalid_request', `\`${name}\` to be a string`, kindOf(value));
}

function plainObject(value: JsonValue): JsonObject {
  if (!isObject(value)) throw Fault.expected('invalid_request', 'a JSON object', kindOf(value));
  // An own "__proto__" would become the prototype of whatever the fields are copied into.
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    if (Object.hasOwn(value, name)) throw new Fault('invalid_request', `The field "${name}" is not allowed.`);
  }
  return value;
}
