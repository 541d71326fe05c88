import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';
import { type Base64Options, decodeBase64 } from './base64.ts';

/** A literal of at least this many bytes is not made a string. */
export const longBytesMin = 4096;

const quote = 0x22;
const backslash = 0x5c;
/** Bytes searched in one go by the runtime's own loop, well under a millisecond. */
const searchBytes = 4 * 1024 * 1024;
/** Escapes and quotes looked at in one go. */
const stepsMax = 4096;
/** Whether a quote is escaped is told by the backslashes before it, which are counted in one go. */
const slashesMax = 256 * 1024;

/** A long string literal of a JSON document, still as bytes. */
export class LongText {
  /** UTF-8, escapes resolved; a part of the body when there were none. */
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** As a string: at 40 MB some 20 ms in which nothing else moves. */
  text(): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength).toString('utf8');
  }

  /** In slices, with the event loop let in between. Throws Fault that names `field`. */
  decodeBase64(field: string, options?: Base64Options): Promise<Buffer> {
    return decodeBase64(this.bytes, field, options);
  }

  /** What console.log and JSON.stringify show, lest a picture gets into a log line. */
  toJSON(): string {
    return `(${this.bytes.length} bytes of text)`;
  }
}

/** Index of the quote that ends the literal whose first byte is at `from`; −1 when there is none. */
export async function endOfText(source: Buffer, from: number): Promise<number> {
  let start = from;
  for (let steps = 1; start < source.length; steps++) {
    const stop = nextStop(source, start, quote);
    const found = source[stop] === quote;
    if (found && !isEscaped(source, from, stop)) return stop;
    start = found ? stop + 1 : stop;
    if (!found || steps % stepsMax === 0) await nextTurn();
  }
  return -1;
}

/** Index of the next `code`, or of the byte behind those that were searched. */
function nextStop(source: Buffer, start: number, code: number): number {
  const end = Math.min(source.length, start + searchBytes);
  const ahead = source.subarray(start, end).indexOf(code);
  return ahead < 0 ? end : start + ahead;
}

function isEscaped(source: Buffer, from: number, at: number): boolean {
  let slashes = 0;
  while (at - slashes > from && source[at - slashes - 1] === backslash) {
    if (slashes++ === slashesMax) {
      throw Fault.expected('invalid_request', `a string with at most ${slashesMax} backslashes in a row`, 'more');
    }
  }
  return slashes % 2 === 1;
}

/** Some encoders (PHP's) write "/" as "\/", and "\n" stands in wrapped base64. The literal itself when it has no escape. */
export async function withoutEscapes(literal: Buffer): Promise<Buffer> {
  let out: Buffer | undefined;
  let written = 0;
  let start = 0;
  for (let steps = 1; start < literal.length; steps++) {
    const stop = nextStop(literal, start, backslash);
    const found = literal[stop] === backslash;
    // All before the first escape is copied at once, and nothing is when there is none.
    if (found && out === undefined) {
      out = Buffer.allocUnsafeSlow(literal.length);
      start = 0;
    }
    if (out) written += literal.copy(out, written, start, stop);
    start = stop;
    if (out && found) {
      const { codePoint, bytes } = readEscape(literal, stop);
      written = writeUtf8(out, written, codePoint);
      start += bytes;
    }
    if (!found || steps % stepsMax === 0) await nextTurn();
  }
  return out?.subarray(0, written) ?? literal;
}

const simple: Readonly<Record<string, number>> = {
  '"': 0x22,
  '\\': 0x5c,
  '/': 0x2f,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
};

/** The code point that the escape at `at` stands for, and how many bytes it takes up. */
function readEscape(literal: Buffer, at: number): { readonly codePoint: number; readonly bytes: number } {
  const codePoint = simple[String.fromCharCode(literal[at + 1] ?? 0)];
  if (codePoint !== undefined) return { codePoint, bytes: 2 };
  const high = unitAt(literal, at);
  if (high === undefined) {
    throw Fault.expected('invalid_request', 'a string whose escapes are those of JSON', 'a lone backslash');
  }
  const low = high >= 0xd800 && high < 0xdc00 ? unitAt(literal, at + 6) : undefined;
  if (low !== undefined && low >= 0xdc00 && low < 0xe000) {
    return { codePoint: 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00), bytes: 12 };
  }
  // Half a pair means nothing; written as UTF-8 it is the replacement character.
  return { codePoint: high, bytes: 6 };
}

/** The UTF-16 unit of `\uXXXX` at `at`; undefined when that is not there. */
function unitAt(literal: Buffer, at: number): number | undefined {
  const written = literal.toString('latin1', at, at + 6);
  return /^\\u[0-9a-fA-F]{4}$/.test(written) ? Number.parseInt(written.slice(2), 16) : undefined;
}

/** An escape is never shorter than what it stands for, so that `out` is always long enough. */
function writeUtf8(out: Buffer, at: number, codePoint: number): number {
  if (codePoint < 0x80) {
    out[at] = codePoint;
    return at + 1;
  }
  return at + out.write(String.fromCodePoint(codePoint), at, 'utf8');
}
