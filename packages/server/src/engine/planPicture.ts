import type { AnswerKind } from '@segserve/contract';
import { isChain } from '../domain/chainSpec.ts';
import { Fault } from '../domain/fault.ts';
import type { Limits } from '../domain/limits.ts';
import {
  answersOf,
  isPromptable,
  type ModelSpec,
  noPictures,
  type PictureSpec,
  takesPictures,
} from '../domain/modelSpec.ts';
import { lookAlikeOf } from '../domain/promptableLookAlike.ts';
import type { SegmentRequest } from '../domain/request.ts';
import { readHeader } from '../pipeline/header.ts';
import { batchKeyOf, planAnswers, planMask } from './plan.ts';
import { planChain } from './planChain.ts';
import { answersWithBackground, planExtras } from './planExtras.ts';
import { checkPromptWords, noPrompts, withPrompts } from './planPrompts.ts';
import { mayBeLarge, planRuns } from './planRuns.ts';
import type { TicketBatching } from './ticket.ts';
import type { SegmentWork } from './ticketWork.ts';

/** What a ticket with a picture is issued for. */
export interface PicturePlan {
  readonly work: SegmentWork;
  readonly batching: TicketBatching;
}

/** A request with every default filled in and its picture's header read, no pixel touched. Throws Fault. */
export async function planPicture(spec: ModelSpec, request: SegmentRequest, limits: Limits): Promise<PicturePlan> {
  const { image } = request;
  if (spec.manifest.task === 'tensor') throw noPictures(spec.ref);
  const expected = `a picture of at most ${limits.imageBytesMax} bytes`;
  if (image.byteLength > limits.imageBytesMax) throw Fault.expected('body_too_large', expected, `${image.byteLength}`);
  if (isPromptable(spec)) {
    checkPromptWords(spec, request);
    const { scoreThreshold: _, maxInstances: __, ...rest } = request;
    return withPrompts(spec, request, await planFor(lookAlikeOf(spec), rest, limits, answersOf(spec)), limits);
  }
  if (request.prompts !== undefined) throw noPrompts(spec.ref);
  if (isChain(spec)) return planChain(spec, request, limits);
  if (!takesPictures(spec)) throw noPictures(spec.ref);
  return planFor(spec, request, limits, answersOf(spec));
}

/** `gives`: the answers that there are. */
async function planFor(
  spec: PictureSpec,
  request: SegmentRequest,
  limits: Limits,
  gives: readonly AnswerKind[],
): Promise<PicturePlan> {
  const { image } = request;
  const answers = planAnswers(spec, answersWithBackground(request), gives);
  const wish = planMask(spec, request, limits);
  const picture = await readHeader(image, mayBeLarge(spec, request) ? largeLimits(limits) : limits);
  const { header, mask, isAlone } = planRuns(spec, request, picture, answers, wish, limits);
  const extras = await planExtras(spec, request, picture, answers, isAlone, limits);
  const threshold = request.threshold ?? spec.manifest.output.threshold;
  const { maxSize, delayMs } = spec.manifest.batching;
  const key = batchKeyOf(spec, header);
  return {
    work: { kind: 'segment', image, header, answers, threshold, mask, extras },
    batching: isAlone ? { key: `${key} alone`, maxSize: 1, delayMs: 0 } : { key, maxSize, delayMs },
  };
}

/** Bounds of a header whose picture may be answered band by band. */
function largeLimits(limits: Limits): Limits {
  return { ...limits, imagePixelsMax: Math.max(limits.imagePixelsMax, limits.tiledPixelsMax) };
}
