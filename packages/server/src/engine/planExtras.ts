import { Fault } from '../domain/fault.ts';
import type { Size } from '../domain/geometry.ts';
import { type EncodedPicture, type ImageHeader, wholeSizeOf } from '../domain/image.ts';
import type { Limits } from '../domain/limits.ts';
import { type PictureSpec, trimapOf } from '../domain/modelSpec.ts';
import type { AnswerPlan, AnswerRequest, Extras, SegmentRequest } from '../domain/request.ts';
import { readHeader } from '../pipeline/header.ts';

/** How each is called in a sentence. */
const names: Readonly<Record<keyof Extras<unknown>, string>> = {
  trimap: 'the trimap',
  background: 'the background picture',
};

/** A background picture that no answer speaks of stands behind every composite that names no other. */
export function answersWithBackground({ answers, extras }: SegmentRequest): readonly AnswerRequest[] {
  if (extras?.background === undefined) return answers;
  return answers.map((answer) => (answer.kind === 'composite' ? { background: 'image', ...answer } : answer));
}

/** The pictures beside a request's own, their headers read, each needed by the model or by an answer. Throws Fault. */
export async function planExtras(
  spec: PictureSpec,
  { extras = {} }: SegmentRequest,
  picture: ImageHeader,
  answers: readonly AnswerPlan[],
  isAlone: boolean,
  limits: Limits,
): Promise<Extras<EncodedPicture>> {
  checkWanted(spec, extras, answers);
  if (extras.trimap && isAlone) {
    const message = `${spec.ref} takes a trimap, which goes with the whole picture: leave tile, flips and scales out.`;
    throw new Fault('invalid_request', message);
  }
  const [trimap, background] = await Promise.all([
    opened('trimap', extras.trimap, limits),
    opened('background', extras.background, limits),
  ]);
  if (trimap) checkAspect(trimap.header, wholeSizeOf(picture));
  return { ...(trimap && { trimap }), ...(background && { background }) };
}

/** Encoded bytes of a request: its picture and what comes beside it. */
export function bytesOfRequest({ image, extras = {} }: Pick<SegmentRequest, 'image' | 'extras'>): number {
  return image.byteLength + (extras.trimap?.byteLength ?? 0) + (extras.background?.byteLength ?? 0);
}

function checkWanted({ ref, manifest }: PictureSpec, extras: Extras<Uint8Array>, answers: readonly AnswerPlan[]): void {
  const wantsTrimap = trimapOf(manifest) !== undefined;
  if (wantsTrimap && extras.trimap === undefined) {
    const expected = `a trimap beside the picture, which ${ref} needs (0: background, 128: unknown, 255: foreground)`;
    throw Fault.expected('invalid_request', expected, 'none');
  }
  if (!wantsTrimap && extras.trimap !== undefined) {
    throw new Fault('invalid_request', `${ref} takes no trimap: leave it out, or use a model that does.`);
  }
  const wantsBackground = answers.some(({ kind, background }) => kind === 'composite' && background.kind === 'image');
  if (wantsBackground && extras.background === undefined) {
    throw Fault.expected('invalid_request', 'a background picture for a composite on `image`', 'none');
  }
  if (!wantsBackground && extras.background !== undefined) {
    const expected = 'no background picture where no answer is a composite on `image`';
    throw Fault.expected('invalid_request', expected, 'one');
  }
}

async function opened(name: keyof Extras<unknown>, image: Uint8Array | undefined, limits: Limits) {
  if (image === undefined) return undefined;
  const { imageBytesMax } = limits;
  if (image.byteLength > imageBytesMax) {
    const expected = `${imageBytesMax} bytes at most as ${names[name]}`;
    throw Fault.expected('body_too_large', expected, `${image.byteLength}`);
  }
  try {
    return { image, header: await readHeader(image, limits) };
  } catch (error) {
    const fault = Fault.from(error);
    throw Fault.fromWire({ ...fault.toWire(), message: `Of ${names[name]}: ${fault.message}` });
  }
}

/** Scaled to the picture's width, the trimap must have its height, give or take the rounding of a side. */
function checkAspect({ width, height }: Size, picture: Size): void {
  const apart = Math.abs(width * picture.height - height * picture.width);
  if (apart <= Math.max(picture.width, picture.height)) return;
  const expected = `a trimap of the picture’s size or shape (${picture.width}×${picture.height})`;
  throw Fault.expected('invalid_request', expected, `${width}×${height}`);
}
