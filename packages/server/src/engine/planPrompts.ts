import { EverythingSchema, type Prompts } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { Region } from '../domain/geometry.ts';
import { type EncodedPicture, type ImageHeader, wholeSizeOf } from '../domain/image.ts';
import type { Limits } from '../domain/limits.ts';
import type { PromptableSpec } from '../domain/modelSpec.ts';
import { pictureDigest } from '../domain/pictureDigest.ts';
import type { EverythingPlan, PromptPlan } from '../domain/promptPlan.ts';
import type { SegmentRequest } from '../domain/request.ts';
import { readHeader } from '../pipeline/header.ts';
import type { PicturePlan } from './planPicture.ts';
import { planThings } from './planThings.ts';

/** Instances when a request names no number: no picture has a use for more. */
const maxInstancesUsual = 1000;

/** What a request to a promptable model must not say. Throws Fault. */
export function checkPromptWords({ ref }: PromptableSpec, request: SegmentRequest): void {
  const { prompts, tile, flips, scales } = request;
  const wordsOf = { tile, flips, scales };
  const named = Object.entries(wordsOf).find(([, value]) => value !== undefined)?.[0];
  if (named !== undefined) {
    throw new Fault('invalid_request', `${ref} looks at the picture once (task: promptable): leave "${named}" out.`);
  }
  if (prompts !== undefined) return;
  throw Fault.expected('invalid_request', `prompts (points, boxes or everything) for ${ref}`, 'none');
}

/** What another model answers to prompts. */
export function noPrompts(ref: string): Fault {
  return new Fault('invalid_request', `${ref} takes no prompts: leave them out, or use a promptable model.`);
}

/**
 * The plan of a request's picture with its prompts beside, checked and in pixels of what is looked at. Requests about one picture share
 * batches and, where it can be had, the worker that has its embedding. Throws Fault.
 */
export async function withPrompts(
  spec: PromptableSpec,
  request: SegmentRequest,
  picture: PicturePlan,
  limits: Limits,
): Promise<PicturePlan> {
  const { prompts, image } = request;
  const { header, mask } = picture.work;
  if (prompts === undefined) throw Fault.expected('invalid_request', `prompts for ${spec.ref}`, 'none');
  const { everything, multimask = false } = prompts;
  const shown = everything ? { things: [], previous: [] } : planThings(prompts, header);
  if (everything) checkAlone(prompts);
  if (mask.refine !== 'none' && (everything || multimask || shown.things.length > 1)) {
    throw new Fault('invalid_request', 'refine works on one thing: leave it out, or point at one thing alone.');
  }
  const start = prompts.mask === undefined ? undefined : await openMask(spec, prompts.mask, header, limits);
  const digest = await pictureDigest(image);
  const plan: PromptPlan = {
    ...shown,
    digest,
    multimask,
    ...(start ? { start } : {}),
    ...(everything ? { everything: planEverything(everything, spec) } : {}),
    ...instanceChoice(request),
  };
  const home = `${spec.ref} ${digest}`;
  const { maxSize, delayMs } = spec.manifest.batching;
  return {
    work: { ...picture.work, prompts: plan },
    batching: { key: `${home}${partOf(header.part)}`, maxSize: everything ? 1 : maxSize, delayMs, home },
  };
}

function partOf(part: Region | undefined): string {
  return part ? ` ${part.x},${part.y},${part.width},${part.height}` : '';
}

function checkAlone({ points, boxes, mask, previous, multimask }: Prompts): void {
  const lists = { points, boxes, previous };
  const filled = Object.entries(lists).find(([, list]) => list !== undefined && list.length > 0)?.[0];
  const other = filled ?? (mask !== undefined ? 'mask' : multimask ? 'multimask' : undefined);
  if (other) throw Fault.expected('invalid_request', 'everything without other prompts', `everything and ${other}`);
}

function planEverything(wish: NonNullable<Prompts['everything']>, { manifest }: PromptableSpec): EverythingPlan {
  const parsed = EverythingSchema.safeParse(wish === true ? {} : wish);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = `everything.${issue?.path.join('.') ?? ''}`;
    throw new Fault('invalid_request', `${where}: ${issue?.message ?? 'not valid'}.`);
  }
  const usual = manifest.output.everything;
  const {
    pointsPerSide,
    predIouThreshold = usual.predIouThreshold,
    stabilityThreshold = usual.stabilityThreshold,
    ...rest
  } = parsed.data;
  return { ...rest, predIouThreshold, stabilityThreshold, ...(pointsPerSide === undefined ? {} : { pointsPerSide }) };
}

function instanceChoice({ scoreThreshold = 0, maxInstances = maxInstancesUsual }: SegmentRequest) {
  if (!(scoreThreshold >= 0 && scoreThreshold <= 1)) {
    throw Fault.expected('invalid_request', 'a scoreThreshold from 0 to 1', String(scoreThreshold));
  }
  if (!(Number.isInteger(maxInstances) && maxInstances >= 1 && maxInstances <= maxInstancesUsual)) {
    const expected = `a whole number from 1 to ${maxInstancesUsual} as maxInstances`;
    throw Fault.expected('invalid_request', expected, String(maxInstances));
  }
  return { scoreThreshold, maxInstances };
}

/** The mask to start from: a picture of the same size, in base64. */
async function openMask(
  { ref }: PromptableSpec,
  text: string,
  picture: ImageHeader,
  limits: Limits,
): Promise<EncodedPicture> {
  const image = Buffer.from(text.replace(/^data:[^,]{0,100},/, ''), 'base64');
  if (image.byteLength === 0) throw Fault.expected('invalid_request', `a picture in base64 as mask for ${ref}`, 'none');
  const expected = `a mask of at most ${limits.imageBytesMax} bytes`;
  if (image.byteLength > limits.imageBytesMax) throw Fault.expected('body_too_large', expected, `${image.byteLength}`);
  const header = await readHeader(image, limits).catch((error: unknown) => {
    const fault = Fault.from(error);
    throw Fault.fromWire({ ...fault.toWire(), message: `Of the mask to start from: ${fault.message}` });
  });
  const whole = wholeSizeOf(picture);
  if (header.width === whole.width && header.height === whole.height) return { image, header };
  const size = `a mask of the picture's size, ${whole.width}×${whole.height} pixels`;
  throw Fault.expected('invalid_request', size, `${header.width}×${header.height}`);
}
