import { Fault } from '../../domain/fault.ts';
import type { Size } from '../../domain/geometry.ts';
import type { EmbeddingUse, PromptPlan } from '../../domain/promptPlan.ts';
import { encode } from '../encode.ts';
import { referenceFor } from '../geo/referenceFor.ts';
import { type Job, type Outcome, Work } from '../work.ts';
import { checkUnderstood } from './checkUnderstood.ts';
import type { Embedding } from './embeddingCache.ts';
import { embeddingOf } from './embeddingOf.ts';
import { everythingIn } from './everything.ts';
import { levelOf } from './opacityOfLogits.ts';
import type { OpenPromptable } from './openPromptable.ts';
import { sceneOfThings } from './sceneOfThings.ts';
import { type FoundThings, shownThings } from './shownThings.ts';

/**
 * Pictures and prompts to answers. The story:
 *
 *   embed    the picture through the encoder, unless that has been done before
 *   decode   prompts through the decoder, to masks of its own size
 *   paint    masks at the size of the answers: an opacity, and the things one by one
 *   encode   each answer as the bytes that leave
 *
 * Each job settles exactly once; one bad request fails alone. Never rejects.
 */
export async function segmentPrompts(
  model: OpenPromptable,
  jobs: readonly Job[],
  settle: (index: number, outcome: Outcome) => void,
): Promise<void> {
  await Promise.all(jobs.map((job, index) => segmentOne(model, job, (outcome) => settle(index, outcome))));
}

async function segmentOne(model: OpenPromptable, job: Job, settle: (outcome: Outcome) => void): Promise<void> {
  const work = new Work({ spec: model.lookAlike, placement: (size: Size) => model.placement(size) }, job, settle);
  const prompts = await work.stage(() => understood(model, job));
  const found = prompts && (await work.stage(() => embeddingOf(model, work, prompts)));
  if (!found) return;
  const embedding: EmbeddingUse = { outcome: found.outcome, ...model.embeddings.standing };
  const things = await work.stage(() => thingsOf(model, work, found.embedding, prompts));
  if (!things) return;
  const scene = await work.stage(() => sceneOfThings(model, work, things, prompts));
  if (!scene) return;
  job.take?.(scene);
  const started = performance.now();
  const plans = job.take ? [] : job.answers;
  const answers = await work.stage(() =>
    Promise.all(plans.map((plan) => encode(scene, plan, referenceFor(work, plan, scene)))),
  );
  if (!answers) return;
  work.timings.encode += performance.now() - started;
  const { width, height } = scene;
  work.settle({ result: { width, height, answers, timings: work.timings, batchSize: 1, embedding } });
}

function understood(model: OpenPromptable, { prompts }: Job): PromptPlan {
  if (!prompts) throw Fault.expected('invalid_request', `prompts for ${model.spec.ref}`, 'none');
  checkUnderstood(model, prompts);
  return prompts;
}

function thingsOf(model: OpenPromptable, work: Work, embedding: Embedding, plan: PromptPlan): Promise<FoundThings> {
  const { everything, maxInstances } = plan;
  if (!everything) return shownThings(model, work, embedding, plan);
  return everythingIn(model, work, embedding, everything, levelOf(work.job.threshold), maxInstances);
}
