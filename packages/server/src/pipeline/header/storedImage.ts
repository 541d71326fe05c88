/** What one format's header says: the size as stored and the EXIF orientation (1 when there is none). */
export interface StoredImage {
  readonly width: number;
  readonly height: number;
  readonly orientation: number;
}

/**
 * Boxes, chunks, segments or tags that are looked at before a header counts as hostile. Real files hold dozens; the
 * bound keeps a file of a million empty ones from holding up the gateway.
 */
export const partsMax = 20_000;

/** Thrown by the format readers when a header contradicts itself; `header.ts` turns it into a Fault. */
export class BrokenHeader extends Error {}

/** A view for big and little endian reads. Reading past the end throws RangeError: the header is cut off. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether ASCII `text` stands at `offset`. */
export function holds(bytes: Uint8Array, offset: number, text: string): boolean {
  if (offset < 0 || offset + text.length > bytes.length) return false;
  for (let index = 0; index < text.length; index++) {
    if (bytes[offset + index] !== text.charCodeAt(index)) return false;
  }
  return true;
}
