import { Fault } from '../domain/fault.ts';
import type { Limits } from '../domain/limits.ts';
import { type ModelSpec, noPictures, takesPictures } from '../domain/modelSpec.ts';
import type { SegmentRequest } from '../domain/request.ts';
import { readHeader } from '../pipeline/header.ts';
import { batchKeyOf, planAnswers, planMask } from './plan.ts';
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
  if (!takesPictures(spec)) throw noPictures(spec.ref);
  const expected = `a picture of at most ${limits.imageBytesMax} bytes`;
  if (image.byteLength > limits.imageBytesMax) throw Fault.expected('body_too_large', expected, `${image.byteLength}`);
  const answers = planAnswers(spec, request.answers);
  const wish = planMask(spec, request, limits);
  const picture = await readHeader(image, mayBeLarge(spec, request) ? largeLimits(limits) : limits);
  const { header, mask, isAlone } = planRuns(spec, request, picture, answers, wish, limits);
  const threshold = request.threshold ?? spec.manifest.output.threshold;
  const { maxSize, delayMs } = spec.manifest.batching;
  const key = batchKeyOf(spec, header);
  return {
    work: { kind: 'segment', image, header, answers, threshold, mask },
    batching: isAlone ? { key: `${key} alone`, maxSize: 1, delayMs: 0 } : { key, maxSize, delayMs },
  };
}

/** Bounds of a header whose picture may be answered band by band. */
function largeLimits(limits: Limits): Limits {
  return { ...limits, imagePixelsMax: Math.max(limits.imagePixelsMax, limits.tiledPixelsMax) };
}
