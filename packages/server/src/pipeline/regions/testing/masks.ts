import type { ClassMap } from '../../../domain/image.ts';
import { randomFrom } from '../../testing/pictures.ts';

export interface NamedMask extends ClassMap {
  readonly name: string;
}

export function mask(name: string, width: number, height: number, at: (x: number, y: number) => number): NamedMask {
  const data = new Uint8Array(width * height);
  for (let y = 0, pixel = 0; y < height; y++) for (let x = 0; x < width; x++, pixel++) data[pixel] = at(x, y);
  return { name, width, height, data };
}

/** Class maps of a few classes that outlines go wrong on. */
export function nastyMasks(): NamedMask[] {
  return [
    mask('nothing', 7, 5, () => 0),
    mask('the full frame', 7, 5, () => 1),
    mask('one pixel', 1, 1, () => 1),
    mask('one pixel amid', 5, 5, (x, y) => Number(x === 2 && y === 2)),
    mask('a pixel in each corner', 6, 6, (x, y) => Number(x % 5 === 0 && y % 5 === 0)),
    mask('one row', 17, 1, (x) => (x >> 1) % 3),
    mask('one column', 1, 17, (_, y) => (y >> 1) % 3),
    mask('one-pixel lines', 21, 21, (x, y) => Number(x === 3 || y === 9 || x === y || x + y === 17)),
    mask('touching regions', 24, 24, (x, y) => 1 + (((x >> 3) + (y >> 3)) % 3)),
    mask('touching corners', 8, 8, (x, y) => ((x >> 1) + (y >> 1)) % 2),
    mask('checkerboard', 16, 16, (x, y) => (x + y) % 2),
    mask('checkerboard of classes', 13, 16, (x, y) => 1 + ((x + y) % 2)),
    mask('rings in rings', 31, 31, (x, y) => Math.floor(Math.hypot(x - 15, y - 15) / 3) % 2),
    mask('square rings in rings', 29, 29, (x, y) => Math.max(Math.abs(x - 14), Math.abs(y - 14)) % 2),
    mask('a ring that closes at corners', 9, 9, (x, y) => Number(Math.abs(x - 4) + Math.abs(y - 4) === 3)),
    mask('slopes', 40, 40, (x, y) => Number(y * 5 > x * 2) + Number(y * 2 > 40 + x)),
    mask('a lens between two', 32, 32, (x, y) => {
      const along = (x + y) / 2;
      const half = along > 5 && along < 26 ? 3 * Math.sin(((along - 5) / 21) * Math.PI) : 0;
      return Math.abs(x - y) < half ? 3 : x > y ? 1 : 2;
    }),
    mask('comb', 33, 12, (x, y) => Number(y > 8 || x % 4 === 0)),
    spiral(33),
  ];
}

export function randomMasks(count: number, seed = 7): NamedMask[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => {
    const width = 1 + Math.floor(random() * 40);
    const height = 1 + Math.floor(random() * 40);
    const classes = 2 + Math.floor(random() * 4);
    const noise = index % 2 === 0;
    const name = `${noise ? 'noise' : 'blobs'} ${index}, ${width}×${height}, ${classes} classes`;
    return noise
      ? mask(name, width, height, () => Math.floor(random() * classes))
      : blobs(name, width, height, classes, random);
  });
}

/** Soft shapes: classes of the nearest of some centres, with rough edges. */
export function blobs(
  name: string,
  width: number,
  height: number,
  classes: number,
  random: () => number,
  seeds = 9,
): NamedMask {
  const centres = Array.from({ length: seeds }, () => [random() * width, random() * height, random() * classes]);
  return mask(name, width, height, (x, y) => {
    let best = Number.POSITIVE_INFINITY;
    let found = 0;
    for (const [cx, cy, value] of centres) {
      const distance = Math.hypot(x - cx!, y - cy!) + Math.sin(x * 0.7 + y) + random() * 0.5;
      if (distance < best) {
        best = distance;
        found = Math.floor(value!);
      }
    }
    return found;
  });
}

/** A line one pixel wide that winds inwards with one pixel between. */
export function spiral(side: number): NamedMask {
  const data = new Uint8Array(side * side);
  let [x, y, dx, dy] = [0, 0, 1, 0];
  const free = (px: number, py: number) => px >= 0 && py >= 0 && px < side && py < side && data[py * side + px] === 0;
  for (let turns = 0; turns < 2; ) {
    data[y * side + x] = 1;
    const ahead = free(x + dx, y + dy) && (free(x + 2 * dx, y + 2 * dy) || !inside(x + 2 * dx, y + 2 * dy, side));
    if (ahead) {
      [x, y, turns] = [x + dx, y + dy, 0];
    } else {
      [dx, dy, turns] = [-dy, dx, turns + 1];
    }
  }
  return { name: `a spiral of ${side}`, width: side, height: side, data };
}

function inside(x: number, y: number, side: number): boolean {
  return x >= 0 && y >= 0 && x < side && y < side;
}
