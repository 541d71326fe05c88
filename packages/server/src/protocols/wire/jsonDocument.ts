import { setImmediate as nextTurn } from 'node:timers/promises';
import { JsonBytes } from './jsonBytes.ts';
import type { LongNumbers } from './longNumbers.ts';
import { endOfText, LongText, longBytesMin, withoutEscapes } from './longText.ts';
import { depthMax, NumberArrays, tooDeep } from './numberArrays.ts';

export type JsonValue = null | boolean | number | string | LongText | LongNumbers | JsonArray | JsonObject;
export type JsonArray = readonly JsonValue[];
/** Without a prototype, so that no key of a stranger's reaches into one. */
export type JsonObject = { readonly [key: string]: JsonValue };

export interface JsonDocumentOptions {
  /** Bytes besides long texts and long arrays of numbers; 1 MiB when absent. */
  readonly restBytesMax?: number;
  /** The field that is meant to be long, to be named when the rest is too long. */
  readonly field?: string;
  /** Every array of numbers comes as LongNumbers, however short: 64-bit integers then keep every digit. */
  readonly exactNumbers?: boolean;
}

/** Bytes read one by one in one go: about half a millisecond. */
const sliceBytes = 16 * 1024;

const quote = 0x22;
const openingBrace = 0x7b;
const closingBrace = 0x7d;
const openingBracket = 0x5b;
const closingBracket = 0x5d;
const comma = 0x2c;
const colon = 0x3a;

type Frame =
  | { readonly kind: 'array'; readonly container: JsonValue[] }
  | { readonly kind: 'object'; readonly container: Record<string, JsonValue>; key: string };

/**
 * Reads JSON (RFC 8259) of any shape without keeping other requests waiting. `JSON.parse` of 40 MB takes 90 ms in which
 * nothing else moves; here a string of 4096 bytes or more stays a slice of the body (`LongText`), and so does an array,
 * flat or nested, that is as long and holds nothing but numbers (`LongNumbers`). What is left is bounded, and read in
 * slices with the event loop let in between. Of a key that occurs twice the last counts, as in `JSON.parse`.
 * Throws Fault `invalid_request` that names the byte at which the body stops being JSON.
 */
export async function readJsonDocument(body: Uint8Array, options: JsonDocumentOptions = {}): Promise<JsonValue> {
  const bytes = new JsonBytes(body, options.restBytesMax ?? 1024 * 1024, options.field);
  const numbers = new NumberArrays(bytes, options.exactNumbers === true ? 0 : longBytesMin);
  const open: Frame[] = [];
  for (let pausedAt = 0; ; ) {
    if (bytes.at - pausedAt > sliceBytes) {
      await nextTurn();
      pausedAt = bytes.at;
    }
    let value = begin(bytes, numbers, open);
    if (value instanceof Promise) value = await value;
    while (value !== undefined) {
      const frame = open.at(-1);
      if (frame === undefined) return onlyValue(bytes, value);
      attach(frame, value);
      value = bytes.took(comma) ? nextItem(bytes, frame) : close(bytes, open);
    }
  }
}

type Begun = JsonValue | undefined;

/** The value that begins here; undefined when it is a container that now stands open. */
function begin(bytes: JsonBytes, numbers: NumberArrays, open: Frame[]): Begun | Promise<Begun> {
  const code = bytes.peek();
  if (code === quote) return bytes.shortText(longBytesMin) ?? longText(bytes);
  if (code !== openingBracket && code !== openingBrace) return bytes.scalar();
  if (open.length === depthMax) throw tooDeep();
  if (code === openingBrace) return openObject(bytes, open);
  const taken = numbers.take(depthMax - open.length);
  if (taken instanceof Promise) return taken.then((long) => long ?? openArray(bytes, open));
  return taken ?? openArray(bytes, open);
}

function openArray(bytes: JsonBytes, open: Frame[]): Begun {
  bytes.at++;
  if (bytes.took(closingBracket)) return [];
  open.push({ kind: 'array', container: [] });
  return undefined;
}

function openObject(bytes: JsonBytes, open: Frame[]): Begun {
  bytes.at++;
  const container: Record<string, JsonValue> = Object.create(null);
  if (bytes.took(closingBrace)) return container;
  open.push({ kind: 'object', container, key: readKey(bytes) });
  return undefined;
}

async function longText(bytes: JsonBytes): Promise<LongText> {
  const start = bytes.at + 1;
  const end = await endOfText(bytes.source, start);
  if (end < 0) throw bytes.fault('the end of a string', bytes.source.length);
  bytes.cutTo(end + 1);
  return new LongText(await withoutEscapes(bytes.source.subarray(start, end)));
}

function readKey(bytes: JsonBytes): string {
  if (bytes.peek() !== quote) throw bytes.fault('a key in quotes');
  const key = bytes.shortText(longBytesMin);
  if (key === undefined) throw bytes.fault(`a key of at most ${longBytesMin} bytes`);
  if (!bytes.took(colon)) throw bytes.fault('":"');
  return key;
}

function attach(frame: Frame, value: JsonValue): void {
  if (frame.kind === 'array') frame.container.push(value);
  else frame.container[frame.key] = value;
}

function nextItem(bytes: JsonBytes, frame: Frame): undefined {
  if (frame.kind === 'object') frame.key = readKey(bytes);
}

function close(bytes: JsonBytes, open: Frame[]): JsonValue {
  const { kind, container } = open.pop()!;
  const bracket = kind === 'array' ? closingBracket : closingBrace;
  if (!bytes.took(bracket)) throw bytes.fault(kind === 'array' ? '"," or "]"' : '"," or "}"');
  return container;
}

function onlyValue(bytes: JsonBytes, value: JsonValue): JsonValue {
  if (bytes.peek() !== -1) throw bytes.fault('the end');
  return value;
}
