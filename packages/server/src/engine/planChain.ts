import type { ChainSpec } from '../domain/chainSpec.ts';
import { Fault } from '../domain/fault.ts';
import type { Limits } from '../domain/limits.ts';
import type { SegmentRequest } from '../domain/request.ts';
import { readHeader } from '../pipeline/header.ts';
import { planAnswers, planMask } from './plan.ts';
import { answersWithBackground, planExtras } from './planExtras.ts';
import type { PicturePlan } from './planPicture.ts';
import { planRuns } from './planRuns.ts';

/** Words about how one model sees the picture; a chain's manifest says them of each of its stages. */
const wordsOfOneModel = ['tile', 'flips', 'scales', 'size', 'regionOnly', 'prompts'] as const;

/** What a ticket of a chain is issued for: its answers are planned as those of the model that it answers like. */
export async function planChain(spec: ChainSpec, request: SegmentRequest, limits: Limits): Promise<PicturePlan> {
  const { look } = spec;
  const { image } = request;
  checkWords(spec, request);
  const answers = planAnswers(look, answersWithBackground(request));
  const wish = planMask(look, request, limits);
  const picture = await readHeader(image, limits);
  const { header, mask } = planRuns(look, request, picture, answers, wish, limits);
  const extras = await planExtras(look, request, picture, answers, true, limits);
  const threshold = request.threshold ?? look.manifest.output.threshold;
  return {
    work: { kind: 'segment', image, header, answers, threshold, mask, extras },
    batching: { key: `${spec.ref} alone`, maxSize: 1, delayMs: 0 },
  };
}

/** What an instance model is told of its things. */
const choices = ['scoreThreshold', 'maxInstances'] as const;

function checkWords({ ref, stages, manifest }: ChainSpec, request: SegmentRequest): void {
  const named = wordsOfOneModel.find((word) => request[word] !== undefined);
  if (named) throw new Fault('invalid_request', `${ref} is a chain of packages: leave "${named}" out.`);
  if (request.refine !== undefined && request.refine !== 'none') {
    throw new Fault(
      'invalid_request',
      `The stages of ${ref} say for themselves whether they refine: leave "refine" out.`,
    );
  }
  const answering = stages.find(({ stage }) => stage.name === manifest.answer);
  const kind = answering?.stage.kind;
  const isOfThings = answering?.stage.kind === 'crops' && answering.stage.paste === 'things';
  const keepsThings = isOfThings || kind === 'prompts' || kind === 'panoptic';
  const words = kind === 'panoptic' ? (['threshold', ...choices] as const) : choices;
  const choice = words.find((word) => request[word] !== undefined);
  if (keepsThings && choice) {
    throw new Fault('invalid_request', `Which things ${ref} keeps is said by an earlier stage: leave "${choice}" out.`);
  }
}
