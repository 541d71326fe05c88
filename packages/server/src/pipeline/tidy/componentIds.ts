import type { Size } from '../../domain/geometry.ts';

export interface ComponentIds {
  /** For each pixel the number of its component, from 0, in reading order of first pixels. */
  readonly ids: Uint32Array;
  /** Pixels of each. */
  readonly pixels: Uint32Array;
  /** First pixel of each. */
  readonly firsts: Uint32Array;
}

/** Pixels of equal numbers that hang together by their sides; every pixel is part of one. Union-find: linear in pixels. */
export function componentIds(data: Uint8Array | Uint16Array, { width }: Size): ComponentIds {
  const parents = new Uint32Array(data.length);
  for (let at = 0; at < data.length; at++) {
    const value = data[at];
    const isLeft = at % width !== 0 && data[at - 1] === value;
    parents[at] = isLeft ? parents[at - 1]! : at;
    if (at >= width && data[at - width] === value) join(parents, at, at - width);
  }
  const ids = new Uint32Array(data.length);
  const pixels: number[] = [];
  const firsts: number[] = [];
  for (let at = 0; at < data.length; at++) {
    const root = rootOf(parents, at);
    if (root === at) {
      ids[at] = firsts.length;
      firsts.push(at);
      pixels.push(1);
    } else {
      const id = ids[root]!;
      ids[at] = id;
      pixels[id] = pixels[id]! + 1;
    }
  }
  return { ids, pixels: Uint32Array.from(pixels), firsts: Uint32Array.from(firsts) };
}

/** The earlier pixel is the root, so that a root is seen before the rest. */
function join(parents: Uint32Array, a: number, b: number): void {
  const one = rootOf(parents, a);
  const other = rootOf(parents, b);
  parents[Math.max(one, other)] = Math.min(one, other);
}

function rootOf(parents: Uint32Array, pixel: number): number {
  let at = pixel;
  while (parents[at] !== at) {
    parents[at] = parents[parents[at]!]!;
    at = parents[at]!;
  }
  return at;
}
