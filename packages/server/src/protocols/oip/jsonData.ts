import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NumberTensor } from '../../domain/tensor.ts';
import { numbersOf } from './numbersOf.ts';
import { elementCount, type WireTensor } from './wireTensor.ts';

/** Elements written in one go: a few milliseconds of a core at most. */
const sliceElements = 16 * 1024;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** What stands between the brackets of `data`, flat and row-major, and whether BYTES had to become base64. */
export interface JsonData {
  readonly pieces: readonly Buffer[];
  readonly isBase64: boolean;
}

/**
 * A tensor's elements as JSON, written in slices with the event loop let in between. NaN and the infinities are written as
 * words, which JSON has not but Triton and Python read; elements that are no text are written as base64.
 */
export async function jsonData(tensor: WireTensor): Promise<JsonData> {
  if (tensor.type !== 'bytes') return { pieces: await numberPieces(tensor), isBase64: false };
  const texts = tensor.elements.map(textOf);
  const isBase64 = texts.includes(undefined);
  const encoded = isBase64 ? tensor.elements.map((bytes) => asBuffer(bytes).toString('base64')) : texts;
  return { pieces: [Buffer.from(encoded.map((text) => JSON.stringify(text)).join(','))], isBase64 };
}

async function numberPieces(tensor: NumberTensor): Promise<Buffer[]> {
  const count = elementCount(tensor.dims);
  const pieces: Buffer[] = [];
  for (let from = 0; from < count; from += sliceElements) {
    if (from > 0) await nextTurn();
    const numbers = numbersOf(tensor, from, Math.min(count, from + sliceElements));
    const text = tensor.type === 'bool' ? Array.from(numbers, Boolean).join(',') : numbers.join(',');
    pieces.push(Buffer.from(from === 0 ? text : `,${text}`, 'latin1'));
  }
  return pieces;
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
