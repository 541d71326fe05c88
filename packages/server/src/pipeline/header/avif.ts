import { BrokenHeader, holds, partsMax, type StoredImage, viewOf } from './storedImage.ts';

interface Box {
  readonly type: string;
  /** First byte of the content, behind size and type. */
  readonly start: number;
  readonly end: number;
}

/** Whether `ftyp` names AVIF. HEIC and other HEIF files share the container and are no AVIF. */
export function isAvif(bytes: Uint8Array): boolean {
  if (!holds(bytes, 4, 'ftyp')) return false;
  const end = Math.min(viewOf(bytes).getUint32(0, false), bytes.length, 512);
  for (let offset = 8; offset + 4 <= end; offset += 4) {
    if (offset !== 12 && (holds(bytes, offset, 'avif') || holds(bytes, offset, 'avis'))) return true;
  }
  return false;
}

/** ISO/IEC 23008-12 (HEIF): the primary item's size, and its crop, rotation and mirror as an EXIF orientation. */
export function readAvif(bytes: Uint8Array): StoredImage {
  const view = viewOf(bytes);
  const meta = need(boxes(bytes, view, 0, bytes.length), 'meta');
  const inMeta = boxes(bytes, view, meta.start + 4, meta.end);
  const inProperties = boxes(bytes, view, need(inMeta, 'iprp').start, need(inMeta, 'iprp').end);
  const container = need(inProperties, 'ipco');
  const properties = boxes(bytes, view, container.start, container.end);
  const indices = associated(view, need(inProperties, 'ipma'), primaryItem(view, need(inMeta, 'pitm')));

  let size: { width: number; height: number } | undefined;
  let turns = 0;
  let mirror: number | undefined;
  for (const index of indices) {
    const property = properties[index - 1];
    if (property === undefined) continue;
    const at = property.start;
    if (property.type === 'ispe')
      size = { width: view.getUint32(at + 4, false), height: view.getUint32(at + 8, false) };
    if (property.type === 'clap') size = cleanAperture(view, at);
    if (property.type === 'irot') turns = view.getUint8(at) & 3;
    if (property.type === 'imir') mirror = view.getUint8(at) & 1;
  }
  if (size === undefined) throw new BrokenHeader('a primary item without a size');
  return { ...size, orientation: orientationOf(turns, mirror) };
}

function boxes(bytes: Uint8Array, view: DataView, from: number, to: number): Box[] {
  const found: Box[] = [];
  let offset = from;
  while (offset + 8 <= to) {
    if (found.length === partsMax) throw new BrokenHeader(`more than ${partsMax} boxes`);
    let length = view.getUint32(offset, false);
    let head = 8;
    if (length === 1) {
      length = Number(view.getBigUint64(offset + 8, false));
      head = 16;
    } else if (length === 0) {
      length = to - offset;
    }
    if (length < head) throw new BrokenHeader('a box shorter than its own head');
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    found.push({ type, start: offset + head, end: Math.min(offset + length, to) });
    offset += length;
  }
  return found;
}

function need(list: readonly Box[], type: string): Box {
  const box = list.find((candidate) => candidate.type === type);
  if (box === undefined) throw new BrokenHeader(`no ${type} box`);
  return box;
}

function primaryItem(view: DataView, box: Box): number {
  return view.getUint8(box.start) === 0 ? view.getUint16(box.start + 4, false) : view.getUint32(box.start + 4, false);
}

/** Property indices (from 1) of one item, in the order in which they apply. */
function associated(view: DataView, box: Box, item: number): number[] {
  const wideIds = view.getUint8(box.start) > 0;
  const wideIndices = (view.getUint8(box.start + 3) & 1) === 1;
  const items = Math.min(view.getUint32(box.start + 4, false), partsMax);
  let offset = box.start + 8;
  for (let entry = 0; entry < items; entry++) {
    const id = wideIds ? view.getUint32(offset, false) : view.getUint16(offset, false);
    offset += wideIds ? 4 : 2;
    const count = view.getUint8(offset);
    offset += 1;
    if (id === item) {
      return Array.from({ length: count }, (_, index) =>
        wideIndices ? view.getUint16(offset + index * 2, false) & 0x7fff : view.getUint8(offset + index) & 0x7f,
      );
    }
    offset += count * (wideIndices ? 2 : 1);
  }
  throw new BrokenHeader('a primary item without properties');
}

function cleanAperture(view: DataView, at: number): { width: number; height: number } {
  const side = (offset: number) => Math.round(view.getUint32(offset, false) / view.getUint32(offset + 4, false));
  return { width: side(at), height: side(at + 8) };
}

/** irot turns anticlockwise, then imir mirrors top to bottom (0) or left to right (1); as in libavif's exif.c. */
function orientationOf(turns: number, mirror: number | undefined): number {
  const column = mirror === undefined ? 0 : mirror + 1;
  return [
    [1, 4, 2],
    [8, 5, 7],
    [3, 2, 4],
    [6, 7, 5],
  ][turns]![column]!;
}
