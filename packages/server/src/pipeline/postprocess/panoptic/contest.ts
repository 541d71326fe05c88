import type { MaskSource } from './maskSource.ts';

export interface ContestRules {
  /** What a query's numbers count, by query. */
  readonly weights: Float64Array;
  /** Worth from which a pixel is part of a query's mask, whoever wins it. */
  readonly threshold: number;
}

/** Bounds are of 32 bits and what is compared is not: whoever is this near to a bound is looked at. */
const slack = 1e-6;

/**
 * Which query wins each pixel: the one that is worth most there, the first of equals. Pixels that are made of the same
 * numbers of the masks form a cell. From these numbers it is known what a query is worth there at least and at most, so that in most
 * cells one query has no rival; pixel by pixel are compared only those that could win, and those whose mask ends in the cell.
 */
export class Contest {
  /** Pixels of each query's mask, by query: those whose worth reaches the threshold. Sums up over what was decided. */
  readonly covered: Float64Array;
  readonly #source: MaskSource;
  readonly #rules: ContestRules;
  readonly #width: number;
  readonly #best: Float64Array;
  readonly #worths: Float64Array;
  /** Of the winner, by cell. */
  readonly #least: Float64Array;
  /** By query and cell: the bounds of its numbers. */
  readonly #lows: Float32Array;
  readonly #highs: Float32Array;
  /** By cell: who is compared there, as 2 · query, and 1 more where its mask ends there. */
  readonly #rivals: number[][];

  constructor(source: MaskSource, rules: ContestRules) {
    const cells = source.columns.firsts.length;
    const queries = rules.weights.length;
    this.#source = source;
    this.#rules = rules;
    this.#width = source.columns.begins[cells]!;
    this.#best = new Float64Array(this.#width);
    this.#worths = new Float64Array(this.#width);
    this.#least = new Float64Array(cells);
    this.#lows = new Float32Array(queries * cells);
    this.#highs = new Float32Array(queries * cells);
    this.#rivals = Array.from({ length: cells }, () => []);
    this.covered = new Float64Array(queries);
  }

  /**
   * Writes the winner of each pixel of lines `from` … `to` into the map of the whole picture, from 1. `queries`: those that take part,
   * ascending, at least one.
   */
  decide(from: number, to: number, queries: readonly number[], winners: Uint16Array): void {
    const { lines } = this.#source;
    for (let band = 0; band < lines.firsts.length; band++) {
      const first = Math.max(lines.begins[band]!, from);
      const end = Math.min(lines.begins[band + 1]!, to);
      if (first >= end) continue;
      this.#sortRivals(band, end - first, queries);
      for (let y = first; y < end; y++) this.#decideLine(y, winners);
    }
  }

  #sortRivals(band: number, lines: number, queries: readonly number[]): void {
    const cells = this.#least.length;
    this.#least.fill(Number.NEGATIVE_INFINITY);
    for (const query of queries) {
      this.#bound(query, band);
      const weight = this.#rules.weights[query]!;
      for (let cell = 0, at = query * cells; cell < cells; cell++, at++) {
        const worth = this.#lows[at]! * weight;
        if (worth > this.#least[cell]!) this.#least[cell] = worth;
      }
    }
    for (const rivals of this.#rivals) rivals.length = 0;
    for (const query of queries) this.#enter(query, lines);
  }

  /** The least and the largest number of each cell's footprint. */
  #bound(query: number, band: number): void {
    const { planes, width, columns, lines } = this.#source;
    const plane = planes[query]!;
    const cells = columns.firsts.length;
    for (let cell = 0, at = query * cells; cell < cells; cell++, at++) {
      let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
      for (let line = lines.firsts[band]!; line <= lines.lasts[band]!; line++) {
        const end = line * width + columns.lasts[cell]!;
        for (let place = line * width + columns.firsts[cell]!; place <= end; place++) {
          const number = plane[place]!;
          if (number < low) low = number;
          if (number > high) high = number;
        }
      }
      this.#lows[at] = low;
      this.#highs[at] = high;
    }
  }

  #enter(query: number, lines: number): void {
    const { begins } = this.#source.columns;
    const { weights, threshold } = this.#rules;
    const weight = weights[query]!;
    const cells = this.#least.length;
    for (let cell = 0, at = query * cells; cell < cells; cell++, at++) {
      const low = this.#lows[at]! * weight;
      const high = this.#highs[at]! * weight;
      const least = this.#least[cell]!;
      const isWithin = low >= threshold + slack;
      const ends = !isWithin && high >= threshold - slack;
      if (isWithin) this.covered[query] = this.covered[query]! + (begins[cell + 1]! - begins[cell]!) * lines;
      if (ends || high >= least - Math.abs(least) * slack) this.#rivals[cell]!.push(2 * query + (ends ? 1 : 0));
    }
  }

  #decideLine(y: number, winners: Uint16Array): void {
    const { begins } = this.#source.columns;
    const start = y * this.#width;
    for (let cell = 0; cell < this.#rivals.length; cell++) {
      const rivals = this.#rivals[cell]!;
      const [only = 0] = rivals;
      if (rivals.length === 1 && only % 2 === 0) {
        winners.fill(only / 2 + 1, start + begins[cell]!, start + begins[cell + 1]!);
        continue;
      }
      this.#best.fill(Number.NEGATIVE_INFINITY, begins[cell]!, begins[cell + 1]!);
      for (const rival of rivals) this.#compare(rival >> 1, rival % 2 === 1, cell, y, winners);
    }
  }

  #compare(query: number, ends: boolean, cell: number, y: number, winners: Uint16Array): void {
    const { begins } = this.#source.columns;
    const [from, to] = [begins[cell]!, begins[cell + 1]!];
    const weight = this.#rules.weights[query]!;
    this.#source.fill(query, y, from, to, this.#worths);
    let covered = 0;
    for (let x = from; x < to; x++) {
      const worth = this.#worths[x - from]! * weight;
      if (ends && worth >= this.#rules.threshold) covered++;
      if (worth <= this.#best[x]!) continue;
      this.#best[x] = worth;
      winners[y * this.#width + x] = query + 1;
    }
    if (covered > 0) this.covered[query] = this.covered[query]! + covered;
  }
}
