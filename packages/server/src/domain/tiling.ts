import type { ManifestInput } from '@segserve/contract';
import type { Size } from './geometry.ts';

/** How a request wants tiles: `auto`: of the model's input size; a size: that many pixels of the picture each. */
export type TileWish = 'auto' | 'off' | Size;

/** Tiles of one size, and how many pixels neighbours have in common at least. */
export interface Tiling {
  readonly tile: Size;
  readonly overlap: { readonly across: number; readonly down: number };
}

/** One column or row of tiles. */
export interface Span {
  /** Where the tile begins. */
  readonly start: number;
  /** The tile's own pixels begin here; those of a shared ramp come first. */
  readonly from: number;
  /** The next tile's begin here. */
  readonly to: number;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** How tiles lie along one side of a picture. */
export interface Axis {
  readonly length: number;
  readonly tile: number;
  /** Pixels in which a tile fades into the next one. */
  readonly ramp: number;
  readonly spans: readonly Span[];
}

export interface TilePlan {
  readonly tile: Size;
  readonly columns: Axis;
  readonly rows: Axis;
}

/**
 * Pixels of a tiled picture that are decoded at once. The formats are read from the top, so each stretch skips what lies above it: of a
 * picture of n stretches (n + 1) ÷ 2 times the picture is decoded. 20,000² JPEG: 26 stretches, 13 times 1.3 s of decoding in all, 72 MB of pixels.
 */
export const stretchPixels = 24_000_000;

type TileInput = Pick<ManifestInput, 'size' | 'fit' | 'overlap'>;

/** A graph that takes pictures of any size gets no larger tiles than this unless told to: scores grow with their area. */
const freeTileMax = 1024;

/** Undefined: the picture is segmented whole. Tiles are never much larger than the picture where the graph takes any size. */
export function tilingOf(
  { size, fit, overlap }: TileInput,
  wish: TileWish | undefined,
  picture: Size,
): Tiling | undefined {
  if (wish === 'off' || (wish === undefined && fit !== 'tile')) return undefined;
  const wanted = wish === undefined || wish === 'auto' ? inputTile(size) : wish;
  const tile = size.rule === 'free' ? within(wanted, picture, size.multiple) : wanted;
  const shared = (side: number) => Math.min(Math.floor(side / 2), Math.round(overlap < 1 ? overlap * side : overlap));
  return { tile, overlap: { across: shared(tile.width), down: shared(tile.height) } };
}

function inputTile(rule: ManifestInput['size']): Size {
  if (rule.rule === 'fixed') return { width: rule.width, height: rule.height };
  const { multiple } = rule;
  const wanted = rule.rule === 'free' ? Math.min(freeTileMax, rule.maxSide) : Math.min(rule.pixels, rule.maxSide);
  const side = Math.max(multiple, Math.floor(wanted / multiple) * multiple);
  return { width: side, height: side };
}

function within(tile: Size, picture: Size, multiple: number): Size {
  const up = (side: number) => Math.ceil(side / multiple) * multiple;
  return {
    width: Math.min(up(tile.width), up(picture.width)),
    height: Math.min(up(tile.height), up(picture.height)),
  };
}

/** `blends` false: no ramps; each pixel is one tile's, by the middle of what two have in common. */
export function planTiles(picture: Size, { tile, overlap }: Tiling, blends: boolean): TilePlan {
  return {
    tile,
    columns: axisOf(picture.width, tile.width, overlap.across, blends),
    rows: axisOf(picture.height, tile.height, overlap.down, blends),
  };
}

/**
 * Tiles at even distances, so that none overlaps its neighbour by much more than another, with at least `overlap` pixels in
 * common. A ramp is half the overlap long and stands in its middle: the outer quarter of a tile, where the network saw the
 * tile's border instead of the picture, counts for nothing. No pixel lies in more than two tiles' ramps.
 */
export function axisOf(length: number, tile: number, overlap: number, blends = true): Axis {
  const count = length <= tile ? 1 : Math.ceil((length - overlap) / (tile - overlap));
  const starts = Array.from({ length: count }, (_, index) =>
    count === 1 ? 0 : Math.round((index * (length - tile)) / (count - 1)),
  );
  const step = count > 2 ? Math.floor((length - tile) / (count - 1)) : tile;
  const ramp = blends && count > 1 ? Math.min(Math.floor(overlap / 2), step - 1) : 0;
  const cuts = starts.slice(1).map((next, index) => Math.floor((next + starts[index]! + tile - ramp) / 2));
  const spans = starts.map((start, index) => ({
    start,
    from: index === 0 ? 0 : cuts[index - 1]!,
    to: index === count - 1 ? length : cuts[index]!,
    isFirst: index === 0,
    isLast: index === count - 1,
  }));
  return { length, tile, ramp, spans };
}

/** Bytes of float scores that blending holds at once: one tile's before and after growing, and what fades right and down. */
export function blendBytes({ tile, columns, rows }: TilePlan, channels: number): number {
  const floats = 2 * tile.width * tile.height + columns.ramp * tile.height + rows.ramp * columns.length;
  return floats * channels * Float32Array.BYTES_PER_ELEMENT;
}
