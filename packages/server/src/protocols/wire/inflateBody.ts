import { setImmediate as nextTurn } from 'node:timers/promises';
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { Fault } from '../../domain/fault.ts';

/** Bytes copied in one go, well under a millisecond. */
const copyBytes = 1024 * 1024;
const chunkSize = 128 * 1024;

/** RFC 9110 §8.4.1; many clients send `deflate` without the zlib wrapper that it asks for. */
const openers = {
  gzip: () => createGunzip({ chunkSize }),
  'x-gzip': () => createGunzip({ chunkSize }),
  deflate: (body: Buffer) => (isZlib(body) ? createInflate({ chunkSize }) : createInflateRaw({ chunkSize })),
  br: () => createBrotliDecompress({ chunkSize }),
};

/**
 * The body that a Content-Encoding header says was compressed once; itself without the header or with `identity`.
 * Inflating ends as soon as there are more than `bytesMax` bytes, and happens outside the event loop's thread.
 * Throws Fault `body_too_large`, `invalid_request` for what is broken, `unsupported_media_type` for other codings.
 */
export async function inflateBody(
  body: Uint8Array,
  contentEncoding: string | undefined,
  bytesMax: number,
): Promise<Buffer> {
  const source = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const coding = contentEncoding?.trim().toLowerCase() ?? '';
  if (coding === '' || coding === 'identity') return source;
  if (!Object.hasOwn(openers, coding)) {
    const expected = `a body with Content-Encoding ${Object.keys(openers).join(', ')} or none`;
    throw Fault.expected('unsupported_media_type', expected, coding.slice(0, 60));
  }
  const inflate = openers[coding as keyof typeof openers](source);
  const chunks: Buffer[] = [];
  let bytes = 0;
  inflate.end(source);
  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw Fault.expected('invalid_request', `a body compressed with ${coding}`, 'one that is broken or cut short');
  }
  return joined(chunks, bytes);
}

/** `Buffer.concat` in slices, with the event loop let in between. */
async function joined(chunks: readonly Buffer[], bytes: number): Promise<Buffer> {
  const out = Buffer.allocUnsafeSlow(bytes);
  let written = 0;
  let pauseAt = copyBytes;
  for (const chunk of chunks) {
    written += chunk.copy(out, written);
    if (written < pauseAt) continue;
    await nextTurn();
    pauseAt = written + copyBytes;
  }
  return out;
}

/** The two bytes of RFC 1950 §2.2: method 8, and a check that they are a multiple of 31. */
function isZlib(body: Buffer): boolean {
  return body.length >= 2 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
}

function tooLarge(bytesMax: number): Fault {
  const expected = `a body of at most ${bytesMax} bytes once it is decompressed`;
  return Fault.expected('body_too_large', expected, 'more than that');
}
