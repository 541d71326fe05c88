import type { Size } from '../../domain/geometry.ts';
import type { PromptPlan } from '../../domain/promptPlan.ts';
import { bestFirst } from '../postprocess/instances/nms.ts';
import { throwIfLeft, type Work } from '../work.ts';
import { ambiguousCandidates, bestCandidate } from './chooseCandidate.ts';
import { type PromptTokens, tokensOf } from './coordinates.ts';
import { type Candidate, maskSize } from './decodePrompts.ts';
import type { Embedding } from './embeddingCache.ts';
import type { OpenPromptable } from './openPromptable.ts';
import { nextStart, startMask } from './startMask.ts';

/** Masks of one size, to be painted one by one. */
export interface FoundThings {
  readonly of: Size;
  readonly things: Iterable<FoundThing>;
}

export interface FoundThing extends Candidate {
  /** Its place among the prompts, from 1, where several were asked for; by its score when absent. */
  readonly number?: number;
}

/** The things that points and boxes show, in the order of the prompts: one mask for each, or all candidates of the one. */
export async function shownThings(
  model: OpenPromptable,
  work: Work,
  embedding: Embedding,
  plan: PromptPlan,
): Promise<FoundThings> {
  const { things, multimask } = plan;
  const tokens = things.map((thing) => tokensOf(thing, work.job.header, work.placement, model.roles.padPoint));
  const start = await startOf(model, work, embedding, plan);
  const shown: FoundThing[] = [];
  for await (const run of decodedRuns(model, work, embedding, tokens, start)) {
    for (const { candidates, labels } of run) {
      if (multimask) shown.push(...ambiguousCandidates(candidates));
      else if (things.length === 1) shown.push(best(candidates, labels.length));
      else shown.push({ ...best(candidates, labels.length), number: shown.length + 1 });
    }
  }
  const { width, height } = shown[0]!;
  return { of: { width, height }, things: wanted(shown, plan) };
}

/** A predicted IoU may be a little below 0, and is not left out for it where nobody has asked. */
function wanted(shown: readonly FoundThing[], { scoreThreshold, maxInstances }: PromptPlan): FoundThing[] {
  const good = scoreThreshold === 0 ? shown : shown.filter(({ score }) => score >= scoreThreshold);
  return bestFirst(good, maxInstances);
}

function best(candidates: readonly Candidate[], tokens: number): Candidate {
  return candidates[
    bestCandidate(
      candidates.map(({ score }) => score),
      tokens,
    )
  ]!;
}

/** The mask that the last earlier step gave, each of them led on from the one before; or the one that came with the request. */
async function startOf(
  model: OpenPromptable,
  work: Work,
  embedding: Embedding,
  { start, previous }: PromptPlan,
): Promise<Float32Array | undefined> {
  const { header } = work.job;
  const size = maskSize(model.roles, embedding);
  let mask = start && (await startMask(start, header, work.placement, size));
  for (const step of previous) {
    const tokens = [tokensOf(step, header, work.placement, model.roles.padPoint)];
    for await (const [thing] of decodedRuns(model, work, embedding, tokens, mask)) {
      mask = nextStart(best(thing!.candidates, thing!.labels.length), size);
    }
  }
  return mask;
}

interface Decoded {
  readonly candidates: Candidate[];
  readonly labels: readonly number[];
}

/** As many things in a run as the graph takes. Nothing more is run once the caller has left. */
export async function* decodedRuns(
  model: OpenPromptable,
  work: Work,
  embedding: Embedding,
  tokens: readonly PromptTokens[],
  start?: Float32Array,
): AsyncGenerator<Decoded[]> {
  const { input } = work.placement;
  const perRun = model.thingsPerRun;
  for (let from = 0; from < tokens.length; from += perRun) {
    throwIfLeft(work.job);
    const run = tokens.slice(from, from + perRun);
    const places = model.roles.thingsPerRun ?? run.length;
    const filled = Array.from({ length: places }, (_, place) => run[Math.min(place, run.length - 1)]!);
    const started = performance.now();
    const decoded = await model.decode({ embedding, input, tokens: filled, start });
    work.timings.infer += performance.now() - started;
    yield run.map(({ labels }, index) => ({ candidates: decoded[index]!, labels }));
  }
}
