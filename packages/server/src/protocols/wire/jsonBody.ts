import { Fault } from '../../domain/fault.ts';

/** Bytes of a JSON body besides its one long string; parsing them must not keep other requests waiting. */
const restBytesMax = 64 * 1024;
/** A string literal of at least this many bytes is cut out before parsing. */
const longBytesMin = 4096;
/** Stands for the cut string; a caller who writes it means the same as one who writes nonsense. */
const cutMark = '@cut@';
const quote = 0x22;
const backslash = 0x5c;

export interface JsonBody {
  /** All fields but `longField`, an own null-prototype object. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The text of `longField` as bytes, still base64 or whatever it is; undefined when absent. */
  readonly long: Uint8Array | undefined;
}

/**
 * Reads a flat JSON object one of whose fields may be a picture as text. `JSON.parse` of 40 MB takes 90 ms in which
 * nothing else moves, so the long literal is cut out of the bytes first and only what is left, at most 64 KiB, is parsed.
 */
export function readJsonBody(body: Uint8Array, longField: string): JsonBody {
  const source = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (source.length === 0) throw new Fault('invalid_request', 'Expected a JSON object but the body is empty.');
  const { rest, cut } = cutLong(source, longField);
  const fields = plainObject(parse(rest));
  const { [longField]: value, ...others } = fields;
  if (value === cutMark && cut) return { fields: others, long: cut };
  if (value === undefined || value === null) return { fields: others, long: undefined };
  if (typeof value !== 'string') {
    throw Fault.expected('invalid_request', `\`${longField}\` to be a string`, kindOf(value));
  }
  return { fields: others, long: Buffer.from(value) };
}

function cutLong(source: Buffer, longField: string): { rest: string; cut: Uint8Array | undefined } {
  const kept: Buffer[] = [];
  let keptBytes = 0;
  let from = 0;
  let cut: Uint8Array | undefined;
  const keep = (part: Buffer) => {
    keptBytes += part.length;
    if (keptBytes > restBytesMax) throw tooMuch(longField);
    kept.push(part);
  };
  for (let start = source.indexOf(quote); start >= 0; ) {
    if (start - from > restBytesMax) throw tooMuch(longField);
    const end = endOfString(source, start + 1);
    if (end < 0) break;
    if (end - start > longBytesMin) {
      keep(source.subarray(from, start));
      if (cut || !endsWithKey(kept, longField)) throw tooMuch(longField);
      cut = unescaped(source.subarray(start + 1, end));
      keep(Buffer.from(`"${cutMark}"`));
      from = end + 1;
    }
    start = source.indexOf(quote, end + 1);
  }
  keep(source.subarray(from));
  return { rest: Buffer.concat(kept, keptBytes).toString('utf8'), cut };
}

/** Index of the closing quote; −1 when there is none. */
function endOfString(source: Buffer, from: number): number {
  for (let end = source.indexOf(quote, from); end >= 0; end = source.indexOf(quote, end + 1)) {
    let slashes = 0;
    while (end - slashes > from && source[end - slashes - 1] === backslash) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return -1;
}

function endsWithKey(kept: readonly Buffer[], longField: string): boolean {
  const before = (kept.at(-1) ?? Buffer.alloc(0)).subarray(-200).toString('utf8').trimEnd();
  return before.endsWith(':') && before.slice(0, -1).trimEnd().endsWith(`"${longField}"`);
}

/** Some encoders (PHP's) write "/" as "\/", and "\n" stands in wrapped base64. */
function unescaped(literal: Buffer): Uint8Array {
  if (!literal.includes(backslash)) return literal;
  return Buffer.from(String(parse(`"${literal.toString('latin1')}"`)), 'latin1');
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message.replaceAll(`"${cutMark}"`, 'the long text') : String(error);
    throw new Fault('invalid_request', `The body is not valid JSON: ${why.slice(0, 200)}.`);
  }
}

function plainObject(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw Fault.expected('invalid_request', 'a JSON object', kindOf(value));
  }
  // An own "__proto__" would become the prototype of whatever the fields are copied into.
  for (const name of ['__proto__', 'constructor', 'prototype']) {
    if (Object.hasOwn(value, name)) throw new Fault('invalid_request', `The field "${name}" is not allowed.`);
  }
  return Object.assign(Object.create(null), value) as Record<string, unknown>;
}

function tooMuch(longField: string): Fault {
  const expected = `at most ${restBytesMax / 1024} KiB of JSON besides \`${longField}\``;
  return Fault.expected('invalid_request', expected, 'more than that');
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'an array' : `${typeof value === 'object' ? 'an' : 'a'} ${typeof value}`;
}
