import type { Size } from '../../domain/geometry.ts';
import { refuseTooMany } from '../regions/bordersMax.ts';
import { type ComponentIds, componentIds } from './componentIds.ts';

export interface TidyWish {
  /** Smaller regions become what lies along most of their border, in pixels. */
  readonly minArea: number;
  /** Holes up to this size become what is around them, in pixels. */
  readonly fillHoles: number;
}

/**
 * A class map without holes and small regions. A hole is a region of the background (of any class where the model has no
 * background) that one single class surrounds and that does not reach the picture's edge. Holes are filled first; then
 * small regions go, the smallest first, each to the neighbour that it shares most of its border with.
 */
export function tidyLabels<Map extends Uint8Array | Uint16Array>(
  data: Map,
  size: Size,
  background: number | undefined,
  { minArea, fillHoles }: TidyWish,
): Map {
  const found = componentIds(data, size);
  const classOf = (id: number) => data[found.firsts[id]!]!;
  const isHole = (id: number) =>
    found.pixels[id]! <= fillHoles && (background === undefined || classOf(id) === background);
  const small = [...found.pixels.keys()].filter((id) => found.pixels[id]! < minArea || isHole(id));
  if (small.length === 0) return data;
  refuseTooMany(small.length); // each has at least one border
  const { borders, atEdge } = bordersOf(found, new Set(small), size);
  const absorbed = new Absorbed(found.pixels, borders);
  for (const id of small) {
    if (!isHole(id) || atEdge.has(id)) continue;
    const around = new Set([...borders.get(id)!.keys()].map(classOf));
    if (around.size === 1) absorbed.absorb(id);
  }
  small.sort((a, b) => found.pixels[a]! - found.pixels[b]! || a - b);
  for (const id of small) if (absorbed.isRoot(id) && absorbed.pixels[id]! < minArea) absorbed.absorb(id);
  const classes = found.pixels.map((_, id) => classOf(absorbed.rootOf(id)));
  return data.map((_, at) => classes[found.ids[at]!]!) as Map;
}

type Borders = Map<number, Map<number, number>>;

/** Of each small region: the regions beside it, with how many pixel sides they share. */
function bordersOf({ ids }: ComponentIds, small: ReadonlySet<number>, { width, height }: Size) {
  const borders: Borders = new Map([...small].map((id) => [id, new Map()]));
  const atEdge = new Set<number>();
  let count = 0;
  const add = (own: Map<number, number> | undefined, other: number) => {
    if (own === undefined) return;
    own.set(other, (own.get(other) ?? 0) + 1);
    count++;
  };
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const id = ids[at]!;
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) atEdge.add(id);
      for (const other of [x > 0 ? ids[at - 1]! : id, y > 0 ? ids[at - width]! : id]) {
        if (other === id) continue;
        add(borders.get(id), other);
        add(borders.get(other), id);
      }
    }
    refuseTooMany(count);
  }
  return { borders, atEdge };
}

/** Regions that have become part of others. */
class Absorbed {
  readonly pixels: Float64Array;
  readonly #parents: Uint32Array;
  readonly #borders: Borders;

  constructor(pixels: Uint32Array, borders: Borders) {
    this.pixels = Float64Array.from(pixels);
    this.#parents = Uint32Array.from(pixels, (_, id) => id);
    this.#borders = borders;
  }

  isRoot(id: number): boolean {
    return this.#parents[id] === id;
  }

  rootOf(id: number): number {
    let at = id;
    while (this.#parents[at] !== at) {
      this.#parents[at] = this.#parents[this.#parents[at]!]!;
      at = this.#parents[at]!;
    }
    return at;
  }

  /** The region becomes a part of the neighbour with the longest common border, the earlier one among equals. */
  absorb(id: number): void {
    const shared = new Map<number, number>();
    for (const [other, sides] of this.#borders.get(id) ?? []) {
      const root = this.rootOf(other);
      if (root !== id) shared.set(root, (shared.get(root) ?? 0) + sides);
    }
    const [best] = [...shared].sort(([a, x], [b, y]) => y - x || a - b)[0] ?? [];
    if (best === undefined) return; // the whole picture
    this.#parents[id] = best;
    this.pixels[best] = this.pixels[best]! + this.pixels[id]!;
    const own = this.#borders.get(best);
    if (own) for (const [other, sides] of shared) if (other !== best) own.set(other, (own.get(other) ?? 0) + sides);
  }
}
