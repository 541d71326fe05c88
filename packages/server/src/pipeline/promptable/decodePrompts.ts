import type { Tensor } from 'onnxruntime-node';
import { Fault } from '../../domain/fault.ts';
import type { Size } from '../../domain/geometry.ts';
import { hasNaN } from '../notNumbers.ts';
import { type PromptTokens, paddedTokens } from './coordinates.ts';
import type { DecoderRoles } from './decoderRoles.ts';
import type { Embedding } from './embeddingCache.ts';
import { floatsOf } from './floatsOf.ts';
import type { LogitPlane } from './growLogits.ts';
import { promptTensor } from './promptTensor.ts';

/** One mask that the decoder offers for a thing. */
export interface Candidate extends LogitPlane {
  /** The IoU that the model predicts of it. */
  readonly score: number;
}

export interface DecoderSession {
  readonly roles: DecoderRoles;
  run(feeds: Readonly<Record<string, Tensor>>, outputs: readonly string[]): Promise<readonly Tensor[]>;
}

export interface DecoderCall {
  readonly embedding: Embedding;
  /** Of each thing; all of them have as many labels. */
  readonly tokens: readonly PromptTokens[];
  /** The mask to start from, of `maskSize`; the same for all things. */
  readonly start?: Float32Array | undefined;
  /** The model's input, which the masks are to show. */
  readonly input: Size;
}

/** The candidates of each thing, from one run of the decoder. */
export async function decodePrompts({ roles, run }: DecoderSession, call: DecoderCall): Promise<Candidate[][]> {
  const [masks, scores] = await run(feedsOf(roles, call), [roles.masks, roles.scores]);
  return candidatesOf(masks!, scores!, call.tokens.length, roles.rank);
}

/** Where the graph leaves the sides free: SAM's are four times those of its embedding (`PromptEncoder.mask_input_size`). */
export function maskSize({ mask }: DecoderRoles, { tensors }: Embedding): Size {
  const sides = [...tensors.values()].find(({ dims }) => dims.length === 4)?.dims ?? [1, 1, 64, 64];
  const [, , height, width] = mask?.dims ?? [];
  return { width: width ?? sides[3]! * 4, height: height ?? sides[2]! * 4 };
}

function feedsOf(roles: DecoderRoles, { embedding, tokens, start, input }: DecoderCall): Record<string, Tensor> {
  const { points, labels, mask, hasMask, size, rank, pointsPerThing = 0 } = roles;
  const things = tokens.map((one) => paddedTokens(one, pointsPerThing));
  const count = things[0]?.labels.length ?? 0;
  const outer = rank === 4 ? [1, things.length] : [things.length];
  const feeds: Record<string, Tensor> = Object.fromEntries(embedding.tensors);
  feeds[points.name] = promptTensor(
    points.type,
    things.flatMap(({ coords }) => coords),
    [...outer, count, 2],
  );
  feeds[labels.name] = promptTensor(
    labels.type,
    things.flatMap((one) => one.labels),
    [...outer, count],
  );
  if (mask) {
    const { width, height } = maskSize(roles, embedding);
    const numbers = new Float32Array(things.length * width * height);
    if (start) for (let thing = 0; thing < things.length; thing++) numbers.set(start, thing * start.length);
    feeds[mask.name] = promptTensor(mask.type, numbers, [things.length, 1, height, width]);
  }
  // One for all things: exports of SAM multiply by it, and only a single number meets masks of every shape.
  if (hasMask) {
    const dims = hasMask.dims.map((side) => side ?? 1);
    const many = dims.reduce((product, side) => product * side, 1);
    feeds[hasMask.name] = promptTensor(hasMask.type, new Array(many).fill(start ? 1 : 0), dims);
  }
  if (size) feeds[size.name] = promptTensor(size.type, [input.height, input.width], [2]);
  return feeds;
}

function candidatesOf(masks: Tensor, scores: Tensor, things: number, rank: 3 | 4): Candidate[][] {
  const outer = rank === 4 ? 1 : 0;
  const [count, candidates, height, width] = masks.dims.slice(outer);
  const fits = masks.dims.length === outer + 4 && count === things && scores.size === things * (candidates ?? 0);
  if (!fits || !candidates || !height || !width) {
    const expected = `a decoder that gives for ${things} things masks [${rank === 4 ? '1,' : ''}${things},candidates,height,width] and as many scores`;
    throw Fault.expected('model_invalid', expected, `[${masks.dims}] and [${scores.dims}]`);
  }
  const logits = floatsOf(masks, 'masks');
  const quality = floatsOf(scores, 'scores');
  checkNumbers(logits, quality);
  const pixels = width * height;
  return Array.from({ length: things }, (_, thing) =>
    Array.from({ length: candidates }, (_, index) => {
      const at = thing * candidates + index;
      return { width, height, data: logits.subarray(at * pixels, (at + 1) * pixels), score: quality[at]! };
    }),
  );
}

function checkNumbers(...lists: readonly Float32Array[]): void {
  for (const list of lists) {
    if (hasNaN(list)) throw Fault.expected('model_invalid', 'numbers as masks and scores of the decoder', 'NaN');
  }
}
