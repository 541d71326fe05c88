import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonBody } from './jsonBody.ts';
import { type JsonStyle, restyledTokens } from './pythonJson.ts';

/** Tokens written in one go, about a millisecond. */
const sliceTokens = 20_000;

/** A JSON answer of the engine in Python's style; outlines may have megabytes, so slice by slice. */
export async function jsonAnswer(bytes: Uint8Array, style: JsonStyle): Promise<JsonBody> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  const pieces: Buffer[] = [];
  let slice = '';
  let count = 0;
  for (const token of restyledTokens(text, style)) {
    slice += token;
    count++;
    if (count % sliceTokens !== 0) continue;
    pieces.push(Buffer.from(slice));
    slice = '';
    await nextTurn();
  }
  pieces.push(Buffer.from(slice));
  return {
    bytes: pieces.reduce((sum, piece) => sum + piece.length, 0),
    async *pieces() {
      yield* pieces;
    },
  };
}
