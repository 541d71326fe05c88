import { type AnswerFormat, type AnswerKind, answerFacts } from '@segserve/contract';
import type { AnswerRequest } from './request.ts';

/** Answers that show one foreground, so that `classes` may say what it is. */
export const foregroundKinds: readonly AnswerKind[] = ['alpha', 'cutout', 'composite', 'trimap'];

/** What `background` may be. */
export const backgroundPattern = /^(#[0-9a-f]{6}([0-9a-f]{2})?|transparent|blur|image)$/i;

/** Whether a composite on this background lets something through, so that its format needs transparency. */
function isSeeThrough(background: string | undefined): boolean {
  return background !== undefined && /^(transparent|#[0-9a-f]{6}(?!ff)[0-9a-f]{2})$/i.test(background);
}

/** The formats that an answer can come in, the default first. JPEG, a composite's, has no transparency. */
export function formatsOf(
  kind: AnswerKind,
  background: string | undefined,
): readonly [AnswerFormat, ...AnswerFormat[]] {
  return kind === 'composite' && isSeeThrough(background) ? answerFacts.cutout.formats : answerFacts[kind].formats;
}

/**
 * Formats that only a wire may ask the engine for, since its own protocol says so: PaddleHub's segmentation modules send
 * class maps as JPEG. It changes numbers, and a changed class is another class, so no API of ours offers it.
 */
const wireFormats: Readonly<Partial<Record<AnswerKind, readonly AnswerFormat[]>>> = { labels: ['jpeg'] };

/** The formats that the engine makes: those of `formatsOf`, and those that a wire is bound to. */
export function engineFormatsOf(
  kind: AnswerKind,
  background: string | undefined,
): readonly [AnswerFormat, ...AnswerFormat[]] {
  return [...formatsOf(kind, background), ...(wireFormats[kind] ?? [])];
}

/** Those of a request's options about mattes that mean something to this answer. */
export function matteOptions(
  kind: AnswerKind,
  given: { readonly [name in keyof Matte]: Matte[name] | undefined },
): Matte {
  const wanted = Object.entries(given).filter(
    ([name, value]) => value !== undefined && kindsOf[name as keyof Matte]?.includes(kind),
  );
  return Object.fromEntries(wanted);
}

type Matte = Pick<AnswerRequest, 'decontaminate' | 'background' | 'backgroundFit' | 'blur' | 'band'>;

const kindsOf: Readonly<Record<keyof Matte, readonly AnswerKind[]>> = {
  decontaminate: ['cutout', 'composite'],
  background: ['composite'],
  backgroundFit: ['composite'],
  blur: ['composite'],
  band: ['trimap'],
};
