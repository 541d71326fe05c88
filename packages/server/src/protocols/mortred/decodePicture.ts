import { setImmediate as nextTurn } from 'node:timers/promises';
import { decodeBase64 } from '../wire/base64.ts';
import type { LongText } from '../wire/longText.ts';

/** Characters looked at in one go: well under a millisecond. */
const sliceChars = 256 * 1024;

const standard = new Uint8Array(256);
for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/') standard[char.charCodeAt(0)] = 1;

/**
 * `img_data` as the predecessor decodes it (`src/common/base64.cpp`): up to the first character outside the standard
 * alphabet, in silence. A `data:` prefix so becomes three bytes that are no picture; white space ends a picture.
 */
export async function decodePicture(text: string | LongText): Promise<Buffer> {
  const bytes = typeof text === 'string' ? Buffer.from(text, 'latin1') : text.bytes;
  const end = await endOfStandard(bytes);
  // A character that is left over holds six bits, which make no byte.
  return decodeBase64(bytes.subarray(0, end % 4 === 1 ? end - 1 : end), 'img_data');
}

async function endOfStandard(bytes: Uint8Array): Promise<number> {
  for (let start = 0; start < bytes.length; start += sliceChars) {
    if (start > 0) await nextTurn();
    const stop = Math.min(start + sliceChars, bytes.length);
    for (let at = start; at < stop; at++) if (standard[bytes[at]!] === 0) return at;
  }
  return bytes.length;
}
