import { setImmediate as nextTurn } from 'node:timers/promises';
import { Fault } from '../../domain/fault.ts';

/** Characters decoded in one go: under half a millisecond, so that other requests are never kept waiting. */
const sliceChars = 512 * 1024;

export interface Base64Options {
  /** Ends without a word at the first character outside the standard alphabet, or at "=": the rule of some old decoders. */
  readonly lenient?: boolean;
}

/**
 * Strict and unhurried: `Buffer.from(text, 'base64')` skips what it does not know, this refuses it; and a picture of
 * 30 MB is decoded in slices with the event loop let in between. Takes the standard and the URL-safe alphabet, white
 * space anywhere, padding or none. Throws Fault `invalid_request` that names the first wrong character.
 */
export async function decodeBase64(text: Uint8Array, field: string, options: Base64Options = {}): Promise<Buffer> {
  const source = asBuffer(text);
  if (options.lenient === true) return decodeUntilWrong(source);
  const fast = await decodeSlices(source.subarray(0, source.length - paddingOf(source)));
  if (fast) return fast;
  const clean = await withoutSpace(source, field);
  const decoded = await decodeSlices(clean.subarray(0, clean.length - paddingOf(clean)));
  if (decoded) return decoded;
  const received = `${clean.length} characters, one of which is left over`;
  throw Fault.expected('invalid_request', `base64 in \`${field}\``, received);
}

/** Undefined when a character is not of the alphabet, or when one is left over at the end. */
async function decodeSlices(source: Buffer): Promise<Buffer | undefined> {
  if (source.length % 4 === 1) return undefined;
  const out = Buffer.allocUnsafeSlow(Math.floor((source.length * 3) / 4));
  let written = 0;
  for (let start = 0; start < source.length; start += sliceChars) {
    if (start > 0) await nextTurn();
    const slice = source.toString('latin1', start, Math.min(start + sliceChars, source.length));
    const bytes = out.write(slice, written, 'base64');
    // A character that is skipped makes the slice short: 4 characters always give 3 bytes.
    if (bytes !== Math.floor((slice.length * 3) / 4)) return undefined;
    written += bytes;
  }
  return out;
}

/** A character left over at the end stands for no whole byte and is dropped. */
async function decodeUntilWrong(source: Buffer): Promise<Buffer> {
  const out = Buffer.allocUnsafeSlow(Math.ceil((source.length * 3) / 4));
  let written = 0;
  for (let start = 0; start < source.length; start += sliceChars) {
    if (start > 0) await nextTurn();
    const slice = source.subarray(start, start + sliceChars);
    const right = rightLength(slice, out, written);
    written += out.write(slice.toString('latin1', 0, right), written, 'base64');
    if (right < slice.length) break;
  }
  return out.subarray(0, written);
}

/** How many characters stand before the first wrong one. A trial into `out`, by the runtime's own loop, mostly tells. */
function rightLength(slice: Buffer, out: Buffer, at: number): number {
  const notStandard = ['=', '-', '_'].map((char) => slice.indexOf(char)).filter((index) => index >= 0);
  const stop = Math.min(slice.length, ...notStandard);
  // One character left over writes nothing, so that the trial would not tell a wrong one from it.
  const end = stop % 4 === 1 ? stop - 1 : stop;
  if (out.write(slice.toString('latin1', 0, end), at, 'base64') === Math.floor((end * 3) / 4)) return end;
  const wrongAt = slice.subarray(0, end).findIndex((code) => kinds[code] !== digit);
  return wrongAt < 0 ? end : wrongAt;
}

async function withoutSpace(source: Buffer, field: string): Promise<Buffer> {
  const out = Buffer.allocUnsafe(source.length);
  let length = 0;
  for (let start = 0; start < source.length; start += sliceChars) {
    if (start > 0) await nextTurn();
    const end = Math.min(start + sliceChars, source.length);
    for (let index = start; index < end; index++) {
      const code = source[index]!;
      const kind = kinds[code];
      if (kind === wrong) throw wrongCharacter(code, index, field);
      if (kind === digit) out[length++] = code;
    }
  }
  return out.subarray(0, length);
}

const wrong = 0;
const digit = 1;
const space = 2;
const kinds = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_=')
  kinds[char.charCodeAt(0)] = digit;
for (const char of ' \t\r\n\f') kinds[char.charCodeAt(0)] = space;

function paddingOf(source: Buffer): number {
  const equals = 0x3d;
  if (source.at(-1) !== equals) return 0;
  return source.at(-2) === equals ? 2 : 1;
}

function wrongCharacter(code: number, index: number, field: string): Fault {
  const received = code > 0x20 && code < 0x7f ? `"${String.fromCharCode(code)}"` : `byte 0x${code.toString(16)}`;
  return Fault.expected('invalid_request', `base64 in \`${field}\``, `${received} at character ${index + 1}`);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The base64 part of a data: URL, or the text itself when it is none. */
export function base64Part(text: Uint8Array, field: string): Uint8Array {
  const source = asBuffer(text);
  if (source.toString('latin1', 0, 5).toLowerCase() !== 'data:') return source;
  const comma = source.subarray(0, 1024).indexOf(',');
  const head = source.toString('latin1', 0, comma < 0 ? 40 : comma);
  if (comma >= 0 && head.toLowerCase().endsWith(';base64')) return source.subarray(comma + 1);
  throw Fault.expected('invalid_request', `\`${field}\` as base64 or as "data:image/…;base64,…"`, `"${head}…"`);
}
