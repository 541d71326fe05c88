import { Fault } from '../domain/fault.ts';
import type { ImageFormat, ImageHeader } from '../domain/image.ts';
import type { Limits } from '../domain/limits.ts';
import { isAvif, readAvif } from './header/avif.ts';
import { readGif } from './header/gif.ts';
import { readJpeg } from './header/jpeg.ts';
import { readPng } from './header/png.ts';
import { holds, type StoredImage } from './header/storedImage.ts';
import { isCameraRaw, readTiff } from './header/tiff.ts';
import { unsupportedImage } from './header/unsupported.ts';
import { readWebp } from './header/webp.ts';

const readers: Readonly<Record<ImageFormat, (bytes: Uint8Array) => StoredImage>> = {
  jpeg: readJpeg,
  png: readPng,
  webp: readWebp,
  avif: readAvif,
  tiff: readTiff,
  gif: readGif,
};

export const formatNames: Readonly<Record<ImageFormat, string>> = {
  jpeg: 'JPEG',
  png: 'PNG',
  webp: 'WebP',
  avif: 'AVIF',
  tiff: 'TIFF',
  gif: 'GIF',
};

/**
 * A picture's format, size and orientation from its first bytes. Reads no pixel, allocates nothing by what the header
 * says, and looks at a bounded number of its parts, so it may run in the gateway. Rejects with Fault `empty_image`,
 * `unsupported_image`, `corrupt_image` or `image_too_large`, and with nothing else. Asynchronous only because naming
 * what is refused is.
 */
export async function readHeader(bytes: Uint8Array, limits: Limits): Promise<ImageHeader> {
  if (bytes.length === 0) throw new Fault('empty_image', 'Expected an image but received no bytes.');
  const format = formatOf(bytes);
  if (format === undefined) throw await unsupportedImage(bytes);
  const header = upright(format, readStored(format, bytes));
  checkLimits(header, limits);
  return header;
}

function formatOf(bytes: Uint8Array): ImageFormat | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (bytes[0] === 0x89 && holds(bytes, 1, 'PNG\r\n\x1a\n')) return holds(bytes, 12, 'CgBI') ? undefined : 'png';
  if (holds(bytes, 0, 'RIFF') && holds(bytes, 8, 'WEBP')) return 'webp';
  if (holds(bytes, 0, 'GIF87a') || holds(bytes, 0, 'GIF89a')) return 'gif';
  if (isTiff(bytes)) return isCameraRaw(bytes) ? undefined : 'tiff';
  return isAvif(bytes) ? 'avif' : undefined;
}

function isTiff(bytes: Uint8Array): boolean {
  return ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((magic) => holds(bytes, 0, magic));
}

function readStored(format: ImageFormat, bytes: Uint8Array): StoredImage {
  try {
    return readers[format](bytes);
  } catch (cause) {
    const what = cause instanceof RangeError ? 'one that ends inside its header' : `one with a broken header`;
    throw Fault.expected('corrupt_image', `a complete ${formatNames[format]} image`, what, { cause });
  }
}

function upright(format: ImageFormat, stored: StoredImage): ImageHeader {
  const { width, height, orientation } = stored;
  if (!(width >= 1 && height >= 1)) {
    throw Fault.expected(
      'corrupt_image',
      'an image of at least 1×1 pixels',
      `one whose header says ${width}×${height}`,
    );
  }
  const turned = orientation >= 5;
  return {
    format,
    storedWidth: width,
    storedHeight: height,
    orientation,
    width: turned ? height : width,
    height: turned ? width : height,
  };
}

function checkLimits(header: ImageHeader, limits: Limits): void {
  const { width, height } = header;
  if (width * height > limits.imagePixelsMax) {
    const most = `an image of at most ${megapixels(limits.imagePixelsMax)} megapixels`;
    throw Fault.expected('image_too_large', most, `${megapixels(width * height)} megapixels (${width}×${height})`);
  }
  if (Math.max(width, height) > limits.imageSideMax) {
    const most = `an image with sides of at most ${limits.imageSideMax} pixels`;
    throw Fault.expected('image_too_large', most, `${width}×${height}`);
  }
}

/** Three significant digits, never rounded to look like the limit itself. */
function megapixels(pixels: number): string {
  const millions = pixels / 1e6;
  return millions >= 100 ? String(Math.round(millions)) : String(Number(millions.toPrecision(3)));
}
