import { affine, type Normalisation } from './affine.ts';
import type { FusionOutput } from './fusionSpec.ts';

/**
 * What the fused graph does, as loops over typed arrays: for models whose fusion is off, and as the measure of the graph in tests.
 * Scores are [n,c,h,w] or [n,h,w,c] by `layout`; with one channel both are the same.
 */

/** Pixels per turn of the channel-by-channel loops: the running maximum and the labels of a block stay in the first-level cache. */
const blockPixels = 4096;

/**
 * A picture's bytes as the network takes them: x ↦ x · mul + add per channel.
 *
 * @param pixels [n,h,w,3] in the order R, G, B
 * @returns [n,3,h,w] or [n,h,w,3] by `input.layout`, in the order of `input.channels`
 */
export function normalise(pixels: Uint8Array, n: number, h: number, w: number, input: Normalisation): Float32Array {
  const tables = tablesOf(input);
  const numbers = new Float32Array(n * h * w * 3);
  for (let image = 0; image < n; image++) {
    for (let channel = 0; channel < 3; channel++) {
      const from = image * h * w * 3 + (input.channels === 'rgb' ? channel : 2 - channel);
      const planar = input.layout === 'nchw';
      const to = image * h * w * 3 + (planar ? channel * h * w : channel);
      lookUp(pixels, from, numbers, to, planar ? 1 : 3, h * w, tables[channel]!);
    }
  }
  return numbers;
}

/** All 256 answers per channel: one look-up is faster than the arithmetic, and rounds to float32 as the graph's Mul and Add do. */
function tablesOf(input: Normalisation): Float32Array[] {
  const { mul, add } = affine(input);
  return mul.map((m, channel) => {
    const table = new Float32Array(256);
    for (let byte = 0; byte < 256; byte++) table[byte] = Math.fround(byte * m) + add[channel]!;
    return table;
  });
}

function lookUp(
  pixels: Uint8Array,
  from: number,
  numbers: Float32Array,
  to: number,
  step: number,
  count: number,
  table: Float32Array,
): void {
  for (let i = 0, source = from, target = to; i < count; i++, source += 3, target += step) {
    numbers[target] = table[pixels[source]!]!;
  }
}

/**
 * The winning class of each pixel; the first index wins a tie. Of one channel: 1 from `threshold` on, else 0.
 *
 * @returns [n,h,w]; uint16 above 256 channels
 */
export function argmaxLabels(
  scores: Float32Array,
  n: number,
  c: number,
  h: number,
  w: number,
  { layout, kind, threshold }: Pick<FusionOutput, 'layout' | 'kind' | 'threshold'>,
): Uint8Array | Uint16Array {
  const labels = c > 256 ? new Uint16Array(n * h * w) : new Uint8Array(n * h * w);
  if (c === 1) markAtLeast(scores, thresholdOf(kind, threshold), labels);
  else if (layout === 'nhwc') argmaxInterleaved(scores, c, labels);
  else for (let image = 0; image < n; image++) argmaxPlanar(scores, image * c * h * w, c, labels, image * h * w, h * w);
  return labels;
}

/** The bound for one channel, in the scores' own terms: a logit is compared with the threshold's logit, without a sigmoid. */
export function thresholdOf(kind: FusionOutput['kind'], threshold: number): number {
  return Math.fround(kind === 'logits' ? Math.log(threshold / (1 - threshold)) : threshold);
}

function markAtLeast(scores: Float32Array, bound: number, labels: Uint8Array | Uint16Array): void {
  for (let i = 0; i < labels.length; i++) labels[i] = scores[i]! >= bound ? 1 : 0;
}

function argmaxInterleaved(scores: Float32Array, c: number, labels: Uint8Array | Uint16Array): void {
  for (let pixel = 0, i = 0; pixel < labels.length; pixel++) {
    let best = scores[i++]!;
    let winner = 0;
    for (let channel = 1; channel < c; channel++) {
      const score = scores[i++]!;
      if (score > best) {
        best = score;
        winner = channel;
      }
    }
    labels[pixel] = winner;
  }
}

function argmaxPlanar(
  scores: Float32Array,
  from: number,
  c: number,
  labels: Uint8Array | Uint16Array,
  to: number,
  plane: number,
): void {
  const best = new Float32Array(blockPixels);
  for (let start = 0; start < plane; start += blockPixels) {
    const count = Math.min(blockPixels, plane - start);
    best.set(scores.subarray(from + start, from + start + count));
    for (let channel = 1; channel < c; channel++) {
      const row = from + channel * plane + start;
      for (let i = 0; i < count; i++) {
        const score = scores[row + i]!;
        if (score > best[i]!) {
          best[i] = score;
          labels[to + start + i] = channel;
        }
      }
    }
  }
}

type ScoreRules = Pick<FusionOutput, 'layout' | 'kind'>;

/**
 * The foreground's probability of each pixel as a byte, ⌊255 · p + ½⌋.
 *
 * @returns [n,h,w]
 */
export function alphaFromScores(
  scores: Float32Array,
  n: number,
  c: number,
  h: number,
  w: number,
  { layout, kind, foreground }: ScoreRules & Pick<FusionOutput, 'foreground'>,
): Uint8Array {
  const [channelStep, pixelStep] = stepsOf(layout, c, h, w);
  const alpha = new Uint8Array(n * h * w);
  for (let image = 0, to = 0; image < n; image++) {
    for (let pixel = 0; pixel < h * w; pixel++, to++) {
      const at = image * c * h * w + pixel * pixelStep;
      const own = scores[at + foreground * channelStep]!;
      let opacity = own;
      if (kind === 'logits') {
        if (c === 1) opacity = sigmoid(own);
        else if (c === 2) opacity = sigmoid(own - scores[at + (1 - foreground) * channelStep]!);
        else opacity = softmaxOf(own, scores, at, c, channelStep);
      }
      alpha[to] = byteOf(opacity);
    }
  }
  return alpha;
}

/**
 * The winner's probability of each pixel as a byte, ⌊255 · p + ½⌋; of one channel the larger of p and 1 − p.
 *
 * @returns [n,h,w]
 */
export function scoreFromScores(
  scores: Float32Array,
  n: number,
  c: number,
  h: number,
  w: number,
  { layout, kind }: ScoreRules,
): Uint8Array {
  const [channelStep, pixelStep] = stepsOf(layout, c, h, w);
  const score = new Uint8Array(n * h * w);
  for (let image = 0, to = 0; image < n; image++) {
    for (let pixel = 0; pixel < h * w; pixel++, to++) {
      const at = image * c * h * w + pixel * pixelStep;
      let best = largest(scores, at, c, channelStep);
      if (kind === 'logits') best = c === 1 ? sigmoid(best) : softmaxOf(best, scores, at, c, channelStep);
      score[to] = byteOf(c === 1 ? Math.max(best, 1 - best) : best);
    }
  }
  return score;
}

function stepsOf(layout: 'nchw' | 'nhwc', c: number, h: number, w: number): [channelStep: number, pixelStep: number] {
  return layout === 'nchw' ? [h * w, 1] : [1, c];
}

function largest(scores: Float32Array, at: number, c: number, step: number): number {
  let best = scores[at]!;
  for (let channel = 1, i = at + step; channel < c; channel++, i += step) best = Math.max(best, scores[i]!);
  return best;
}

/** e^(own − max) / Σ e^(x − max): the largest exponent is 0, so nothing overflows. */
function softmaxOf(own: number, scores: Float32Array, at: number, c: number, step: number): number {
  const max = largest(scores, at, c, step);
  let sum = 0;
  for (let channel = 0, i = at; channel < c; channel++, i += step) sum += Math.exp(scores[i]! - max);
  return Math.exp(own - max) / sum;
}

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Storing it in a Uint8Array cuts the fraction off. */
function byteOf(probability: number): number {
  return Math.min(Math.max(probability, 0), 1) * 255 + 0.5;
}
