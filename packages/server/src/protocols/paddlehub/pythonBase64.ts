import { setImmediate as nextTurn } from 'node:timers/promises';
import { PythonError } from './pythonError.ts';

/** Characters looked at in one go: about half a millisecond. A multiple of 4, so that every slice is whole. */
const sliceChars = 256 * 1024;

const other = 0;
const digit = 1;
const padding = 2;
const kinds = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
  kinds[char.charCodeAt(0)] = digit;
kinds['='.charCodeAt(0)] = padding;

/**
 * Base64 as `base64.b64decode(text)` of Python reads it: what is outside the standard alphabet (white space, `-`, `_`, `!`)
 * is passed over, and the first padding that completes a group of four ends the text, whatever follows.
 * https://docs.python.org/3/library/base64.html#base64.b64decode
 */
export async function pythonBase64(text: Uint8Array): Promise<Buffer> {
  const digits = await digitsOf(text);
  const left = digits.length % 4;
  if (!digits.ended && left === 1) {
    const rule = `number of data characters (${digits.length}) cannot be 1 more than a multiple of 4`;
    throw new PythonError(`Invalid base64-encoded string: ${rule}`);
  }
  if (!digits.ended && left !== 0) throw new PythonError('Incorrect padding');
  const bytes = Buffer.allocUnsafeSlow(Math.floor((digits.length * 3) / 4));
  let written = 0;
  for (let start = 0; start < digits.length; start += sliceChars) {
    if (start > 0) await nextTurn();
    const slice = digits.chars.toString('latin1', start, Math.min(start + sliceChars, digits.length));
    written += bytes.write(slice, written, 'base64');
  }
  return bytes;
}

interface Digits {
  readonly chars: Buffer;
  readonly length: number;
  /** Whether padding completed the last group. */
  readonly ended: boolean;
}

async function digitsOf(text: Uint8Array): Promise<Digits> {
  const chars = Buffer.allocUnsafeSlow(text.length);
  let length = 0;
  let pads = 0;
  for (let start = 0; start < text.length; start += sliceChars) {
    if (start > 0) await nextTurn();
    const end = Math.min(start + sliceChars, text.length);
    for (let index = start; index < end; index++) {
      const code = text[index]!;
      const kind = kinds[code];
      if (kind === digit) {
        chars[length++] = code;
        pads = 0;
      } else if (kind !== other && length % 4 >= 2 && (length % 4) + ++pads === 4) {
        return { chars, length, ended: true };
      }
    }
  }
  return { chars, length, ended: false };
}
