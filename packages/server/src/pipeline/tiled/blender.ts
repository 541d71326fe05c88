import type { Axis, Span, TilePlan } from '../../domain/tiling.ts';

/** What the part of a tile that is finished holds: channel by channel, row by row. */
export interface Block {
  readonly width: number;
  readonly height: number;
  readonly data: Float32Array;
}

/**
 * Tiles come row by row, from left to right; each gives the block of scores that it finishes. Where two tiles meet, the
 * first fades out along a cosine while the second fades in, and the sum of their weights is 1. What a tile has to leave
 * for its right neighbour and for the row below is all that is kept: nothing grows with the picture's height.
 */
export class Blender {
  readonly #plan: TilePlan;
  readonly #channels: number;
  readonly #across: Float32Array;
  readonly #down: Float32Array;
  /** What fades out of the last tile: `ramp` columns of a tile's height for each channel. */
  readonly #right: Float32Array;
  /** What fades out of the row above: `ramp` rows of the picture's width for each channel. */
  readonly #below: Float32Array;
  /** Where finished blocks are put together, one after the other: fresh memory for each would be garbage of many tiles. */
  readonly #block: Float32Array;

  constructor(plan: TilePlan, channels: number) {
    this.#plan = plan;
    this.#channels = channels;
    this.#across = fadeIn(plan.columns.ramp);
    this.#down = fadeIn(plan.rows.ramp);
    this.#right = new Float32Array(channels * plan.tile.height * plan.columns.ramp);
    this.#below = new Float32Array(channels * plan.rows.ramp * plan.columns.length);
    this.#block = new Float32Array(channels * longest(plan.columns) * longest(plan.rows));
  }

  /** `scores`: a whole tile's, which is changed. The block lies at column.from, row.from of the picture, and holds until the next. */
  blend(scores: Float32Array, column: Span, row: Span): Block {
    const { tile, columns, rows } = this.#plan;
    const bottom = row.to - row.start + (row.isLast ? 0 : rows.ramp);
    for (let channel = 0; channel < this.#channels; channel++) {
      const plane = scores.subarray(channel * tile.width * tile.height, (channel + 1) * tile.width * tile.height);
      if (columns.ramp > 0) this.#fadeAcross(plane, channel, column, row.from - row.start, bottom);
      if (rows.ramp > 0) this.#fadeDown(plane, channel, column, row);
    }
    return this.#finished(scores, column, row);
  }

  #fadeAcross(plane: Float32Array, channel: number, column: Span, top: number, bottom: number): void {
    const { tile, columns } = this.#plan;
    const kept = this.#right.subarray(channel * tile.height * columns.ramp);
    for (let y = top; y < bottom; y++) {
      const line = plane.subarray(y * tile.width, (y + 1) * tile.width);
      const keep = kept.subarray(y * columns.ramp, (y + 1) * columns.ramp);
      if (!column.isFirst) enter(line, column.from - column.start, keep, this.#across);
      if (!column.isLast) leave(line, column.to - column.start, keep, this.#across);
    }
  }

  #fadeDown(plane: Float32Array, channel: number, column: Span, row: Span): void {
    const { tile, columns, rows } = this.#plan;
    const left = column.from - column.start;
    const width = column.to - column.from;
    for (let step = 0; step < rows.ramp; step++) {
      const weight = this.#down[step]!;
      const at = (channel * rows.ramp + step) * columns.length + column.from;
      const keep = this.#below.subarray(at, at + width);
      if (!row.isFirst) {
        const entering = (row.from - row.start + step) * tile.width + left;
        for (let x = 0; x < width; x++) plane[entering + x] = plane[entering + x]! * weight + keep[x]!;
      }
      if (!row.isLast) {
        const leaving = (row.to - row.start + step) * tile.width + left;
        for (let x = 0; x < width; x++) keep[x] = plane[leaving + x]! * (1 - weight);
      }
    }
  }

  #finished(scores: Float32Array, column: Span, row: Span): Block {
    const { tile } = this.#plan;
    const width = column.to - column.from;
    const height = row.to - row.from;
    const data = this.#block.subarray(0, this.#channels * width * height);
    for (let channel = 0, to = 0; channel < this.#channels; channel++) {
      for (let y = row.from - row.start; y < row.to - row.start; y++, to += width) {
        const from = (channel * tile.height + y) * tile.width + column.from - column.start;
        data.set(scores.subarray(from, from + width), to);
      }
    }
    return { width, height, data };
  }
}

function longest({ spans }: Axis): number {
  return spans.reduce((most, { from, to }) => Math.max(most, to - from), 0);
}

function enter(line: Float32Array, at: number, kept: Float32Array, weights: Float32Array): void {
  for (let x = 0; x < weights.length; x++) line[at + x] = line[at + x]! * weights[x]! + kept[x]!;
}

function leave(line: Float32Array, at: number, keep: Float32Array, weights: Float32Array): void {
  for (let x = 0; x < weights.length; x++) keep[x] = line[at + x]! * (1 - weights[x]!);
}

/** Half a period of a cosine, at the pixels' centres: it rises from 0 to 1, and backwards it is what is missing to 1. */
function fadeIn(ramp: Axis['ramp']): Float32Array {
  return Float32Array.from({ length: ramp }, (_, x) => 0.5 - 0.5 * Math.cos((Math.PI * (x + 0.5)) / ramp));
}
