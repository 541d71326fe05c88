import { partsMax, type StoredImage, viewOf } from './storedImage.ts';

/** Screen sizes that the decoder (libnsgif) takes for "the screen it was made on" and measures the frames instead. */
const screens = new Set(['640x480', '640x512', '800x600', '1024x768', '1280x1024', '1600x1200']);
const screenSideTrusted = 2048;

/**
 * GIF89a: the logical screen, grown to hold every frame. The frames are walked because the decoder does so: a header
 * that says less than the decoder finds would let a large picture in as a small one.
 */
export function readGif(bytes: Uint8Array): StoredImage {
  const view = viewOf(bytes);
  let width = view.getUint16(6, true);
  let height = view.getUint16(8, true);
  const doubted = screens.has(`${width}x${height}`) || width > screenSideTrusted || height > screenSideTrusted;
  if (doubted || width === 0 || height === 0) {
    width = 1;
    height = 1;
  }
  for (const frame of frames(bytes, view)) {
    width = Math.max(width, frame.right);
    height = Math.max(height, frame.bottom);
  }
  return { width, height, orientation: 1 };
}

function* frames(bytes: Uint8Array, view: DataView): Generator<{ right: number; bottom: number }> {
  let offset = 13 + colorTableBytes(view.getUint8(10));
  for (let parts = 0; parts < partsMax && offset < bytes.length; parts++) {
    const introducer = bytes[offset];
    if (introducer === 0x21) {
      offset = afterSubBlocks(bytes, offset + 2);
    } else if (introducer === 0x2c && offset + 10 <= bytes.length) {
      yield {
        right: view.getUint16(offset + 1, true) + view.getUint16(offset + 5, true),
        bottom: view.getUint16(offset + 3, true) + view.getUint16(offset + 7, true),
      };
      offset = afterSubBlocks(bytes, offset + 11 + colorTableBytes(view.getUint8(offset + 9)));
    } else {
      return;
    }
  }
}

function colorTableBytes(flags: number): number {
  return flags & 0x80 ? 3 << ((flags & 7) + 1) : 0;
}

function afterSubBlocks(bytes: Uint8Array, start: number): number {
  let offset = start;
  for (let length = bytes[offset]; length !== undefined && length > 0; length = bytes[offset]) offset += length + 1;
  return offset + 1;
}
