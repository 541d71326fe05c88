import type { Size } from '../../domain/geometry.ts';
import type { Pixels } from '../../domain/image.ts';

/** How many pixels a cell has across and down; the last of a row or column may have fewer. */
export interface Cell {
  readonly across: number;
  readonly down: number;
}

/** A picture in cells: each plane holds the cells' means, 0…255. */
export interface Cells extends Size {
  readonly cell: Cell;
  readonly red: Float32Array;
  readonly green: Float32Array;
  readonly blue: Float32Array;
  readonly alpha: Float32Array;
}

/** Means of the photo's colours and of the alpha (one byte per pixel, of the photo's size) over cells. */
export function meanOfCells(photo: Pixels, alpha: Uint8Array, cell: Cell): Cells {
  const { across, down } = cell;
  const width = Math.ceil(photo.width / across);
  const height = Math.ceil(photo.height / down);
  const [red, green, blue, opacity] = [0, 1, 2, 3].map(() => new Float32Array(width * height)) as Four;
  for (let y = 0; y < photo.height; y++) {
    const first = Math.floor(y / down) * width;
    addRow(photo, alpha, y, across, first, [red, green, blue, opacity]);
  }
  const cells = { width, height, cell, red, green, blue, alpha: opacity };
  for (const plane of [red, green, blue, opacity]) divide(plane, cells, photo);
  return cells;
}

type Four = [Float32Array, Float32Array, Float32Array, Float32Array];

function addRow(
  { data, width, channels }: Pixels,
  alpha: Uint8Array,
  y: number,
  across: number,
  first: number,
  [red, green, blue, opacity]: Four,
): void {
  let pixel = y * width;
  let at = pixel * channels;
  const end = pixel + width;
  for (let index = first; pixel < end; index++) {
    let [r, g, b, a] = [0, 0, 0, 0];
    for (const stop = Math.min(pixel + across, end); pixel < stop; pixel++, at += channels) {
      r += data[at]!;
      g += data[at + 1]!;
      b += data[at + 2]!;
      a += alpha[pixel]!;
    }
    red[index] = red[index]! + r;
    green[index] = green[index]! + g;
    blue[index] = blue[index]! + b;
    opacity[index] = opacity[index]! + a;
  }
}

function divide(plane: Float32Array, { width, height, cell }: Cells, photo: Size): void {
  for (let y = 0, index = 0; y < height; y++) {
    const rows = Math.min(cell.down, photo.height - y * cell.down);
    for (let x = 0; x < width; x++, index++) {
      plane[index] = plane[index]! / (rows * Math.min(cell.across, photo.width - x * cell.across));
    }
  }
}
