import { Fault } from '../../domain/fault.ts';
import { holds } from './storedImage.ts';
import { isCameraRaw } from './tiff.ts';

const expected = 'a JPEG, PNG, WebP, AVIF, TIFF or GIF image';
/** Enough for every signature; keeps the look at a large file short. */
const sniffBytes = 64 * 1024;

const nouns: Readonly<Record<string, string>> = {
  bmp: 'a BMP image',
  heic: 'a HEIC image',
  heif: 'a HEIF image',
  jxl: 'a JPEG XL image',
  jp2: 'a JPEG 2000 image',
  j2c: 'a JPEG 2000 image',
  jpx: 'a JPEG 2000 image',
  jpm: 'a JPEG 2000 image',
  mj2: 'a JPEG 2000 video',
  jxr: 'a JPEG XR image',
  jls: 'a JPEG-LS image',
  psd: 'a Photoshop document',
  ico: 'an ICO icon',
  cur: 'a cursor file',
  icns: 'an ICNS icon',
  bpg: 'a BPG image',
  flif: 'a FLIF image',
  ktx: 'a KTX texture',
  dng: 'a camera raw file (DNG)',
  png: "a PNG in Apple's own variant (CgBI)",
  pdf: 'a PDF document',
  ps: 'a PostScript document',
  eps: 'an EPS document',
  xml: 'an XML document',
  zip: 'a ZIP archive',
  gz: 'a gzip archive',
  docx: 'a Word document',
  xlsx: 'an Excel workbook',
  pptx: 'a PowerPoint presentation',
  html: 'an HTML page',
};

/** The refusal of bytes that are none of our formats, by the name of what they are. */
export async function unsupportedImage(bytes: Uint8Array): Promise<Fault> {
  const head = bytes.subarray(0, sniffBytes);
  return Fault.expected('unsupported_image', expected, await nameOf(head));
}

async function nameOf(head: Uint8Array): Promise<string> {
  if ((holds(head, 0, 'II') || holds(head, 0, 'MM')) && isCameraRaw(head)) return 'a camera raw file';
  // Our own look comes first for what is text: file-type knows XML but neither SVG, HTML nor JSON.
  const text = textName(head);
  if (text !== undefined) return text;
  const { fileTypeFromBuffer } = await import('file-type'); // not at start: only refusals need it
  const type = await fileTypeFromBuffer(head).catch(() => undefined);
  if (type === undefined) return head.includes(0) || !isText(head) ? 'bytes of no known format' : 'plain text';
  const noun = nouns[type.ext];
  if (noun !== undefined) return noun;
  if (type.mime.startsWith('video/')) return `a video file (${type.ext.toUpperCase()})`;
  if (type.mime.startsWith('audio/')) return `an audio file (${type.ext.toUpperCase()})`;
  return `a file of type ${type.mime}`;
}

function textName(head: Uint8Array): string | undefined {
  if (!isText(head)) return undefined;
  const text = new TextDecoder()
    .decode(head)
    .replace(/^\uFEFF/, '')
    .trimStart();
  const start = text.slice(0, 2048).toLowerCase();
  if (start.startsWith('<svg') || (start.startsWith('<?xml') && start.includes('<svg'))) return 'an SVG drawing';
  if (start.startsWith('<!doctype svg') || (start.startsWith('<!--') && start.includes('<svg')))
    return 'an SVG drawing';
  if (start.startsWith('<!doctype html') || start.startsWith('<html')) return 'an HTML page';
  if (start.startsWith('data:image/')) return 'a data: URL as text';
  if (/^[{[]\s*("|[{[\]}]|-?\d|true|false|null)/.test(start)) return 'JSON';
  if (/^p[1-7fz]\s/.test(start)) return 'a Netpbm image';
  if (start.startsWith('%pdf') || start.startsWith('%!ps') || start.startsWith('<?xml')) return undefined;
  return 'plain text';
}

/** UTF-8 (a cut-off last character is no fault) without control characters but white space. */
function isText(head: Uint8Array): boolean {
  const sample = head.subarray(0, 4096);
  if (sample.some((byte) => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13 && byte !== 12)) return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(sample, { stream: true });
    return true;
  } catch {
    return false;
  }
}
