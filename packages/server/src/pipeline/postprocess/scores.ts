import type { UncertaintyMeasure } from '@segserve/contract';
import type { Size } from '../../domain/geometry.ts';
import type { ScoreMap } from '../readFused.ts';
import { resizeFloats } from './alpha.ts';
import type { Window } from './labels.ts';

/**
 * The probabilities of all classes, plane by plane as they are asked for: all of them at the picture's size would be many
 * times the picture. They are made at the network's size and taken linearly to the picture's.
 */
export class Scores {
  readonly classes: number;
  readonly #map: ScoreMap;
  readonly #source: Size;
  readonly #window: Window;
  readonly #target: Size;
  #scale: Scale | undefined;

  constructor(map: ScoreMap, source: Size, window: Window, target: Size) {
    this.classes = Math.max(2, map.channels);
    this.#map = map;
    this.#source = source;
    this.#window = window;
    this.#target = target;
  }

  /** The probability of one class for each pixel of the picture. */
  plane(index: number): Float32Array {
    return this.#grown(this.#own(index));
  }

  /** 0: sure; 1: between the two best (margin), or all classes alike (entropy). */
  uncertainty(measure: UncertaintyMeasure): Float32Array {
    const planes = Array.from({ length: this.classes }, (_, index) => index);
    const fold = measure === 'margin' ? foldMargin : foldEntropy;
    return this.#grown(
      fold(
        planes.map((index) => () => this.#own(index)),
        this.#source.width * this.#source.height,
      ),
    );
  }

  #grown(plane: Float32Array): Float32Array {
    const { width, height } = this.#target;
    const isSame = width === this.#source.width && height === this.#source.height && this.#window.width === width;
    return isSame ? plane : resizeFloats(plane, this.#source, this.#window, this.#target);
  }

  /** At the network's size. */
  #own(index: number): Float32Array {
    const { channels, kind } = this.#map;
    this.#scale ??= kind === 'logits' && channels > 1 ? scaleOf(this.#map, this.#source) : undefined;
    const out = new Float32Array(this.#source.width * this.#source.height);
    if (channels === 1) fillOne(this.#map, index, out);
    else fill(this.#map, index, this.#scale, out);
    return out;
  }
}

/** What turns logits into probabilities: exp(x − most) ÷ sum, for each pixel. */
interface Scale {
  readonly most: Float32Array;
  readonly sum: Float32Array;
}

function steps({ layout, channels }: ScoreMap, pixels: number): { ofChannel: number; ofPixel: number } {
  return layout === 'nchw' ? { ofChannel: pixels, ofPixel: 1 } : { ofChannel: 1, ofPixel: channels };
}

function scaleOf(map: ScoreMap, { width, height }: Size): Scale {
  const pixels = width * height;
  const { ofChannel, ofPixel } = steps(map, pixels);
  const most = new Float32Array(pixels).fill(Number.NEGATIVE_INFINITY);
  const sum = new Float32Array(pixels);
  for (let channel = 0; channel < map.channels; channel++) {
    for (let at = 0, from = channel * ofChannel; at < pixels; at++, from += ofPixel) {
      const value = map.data[from]!;
      if (value > most[at]!) most[at] = value;
    }
  }
  for (let channel = 0; channel < map.channels; channel++) {
    for (let at = 0, from = channel * ofChannel; at < pixels; at++, from += ofPixel) {
      sum[at] = sum[at]! + Math.exp(map.data[from]! - most[at]!);
    }
  }
  return { most, sum };
}

function fill(map: ScoreMap, index: number, scale: Scale | undefined, out: Float32Array): void {
  const { ofChannel, ofPixel } = steps(map, out.length);
  for (let at = 0, from = index * ofChannel; at < out.length; at++, from += ofPixel) {
    const value = map.data[from]!;
    out[at] = scale === undefined ? value : Math.exp(value - scale.most[at]!) / scale.sum[at]!;
  }
}

/** One number for each pixel is the probability of class 1, and the rest that of class 0. */
function fillOne({ data, kind }: ScoreMap, index: number, out: Float32Array): void {
  for (let at = 0; at < out.length; at++) {
    const value = data[at]!;
    const share = kind === 'logits' ? 1 / (1 + Math.exp(-value)) : value;
    out[at] = index === 1 ? share : 1 - share;
  }
}

type Planes = readonly (() => Float32Array)[];

/** One plane after the other, so that no more than three are held. */
function foldMargin(planes: Planes, pixels: number): Float32Array {
  const best = new Float32Array(pixels);
  const second = new Float32Array(pixels);
  for (const plane of planes) {
    const values = plane();
    for (let at = 0; at < pixels; at++) {
      const value = values[at]!;
      if (value > best[at]!) {
        second[at] = best[at]!;
        best[at] = value;
      } else if (value > second[at]!) second[at] = value;
    }
  }
  for (let at = 0; at < pixels; at++) best[at] = 1 - (best[at]! - second[at]!);
  return best;
}

function foldEntropy(planes: Planes, pixels: number): Float32Array {
  const sum = new Float32Array(pixels);
  const most = Math.log(planes.length);
  for (const plane of planes) {
    const values = plane();
    for (let at = 0; at < pixels; at++) {
      const value = values[at]!;
      if (value > 0) sum[at] = sum[at]! - (value * Math.log(value)) / most;
    }
  }
  return sum;
}
