import { type AnswerFormat, type AnswerKind, answerFacts } from '@segserve/contract';
import type { AnswerRequest } from './request.ts';

/** Answers that show one foreground, so that `classes` may say what it is. */
export const foregroundKinds: readonly AnswerKind[] = ['alpha', 'cutout', 'composite', 'trimap'];

/** What `background` may be. */
export const backgroundPattern = /^(#[0-9a-f]{6}|transparent|blur)$/i;

/** The formats that an answer can come in, the default first. JPEG, a composite's, has no transparency. */
export function formatsOf(
  kind: AnswerKind,
  background: string | undefined,
): readonly [AnswerFormat, ...AnswerFormat[]] {
  const isTransparent = kind === 'composite' && background?.toLowerCase() === 'transparent';
  return isTransparent ? answerFacts.cutout.formats : answerFacts[kind].formats;
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

type Matte = Pick<AnswerRequest, 'decontaminate' | 'background' | 'blur' | 'band'>;

const kindsOf: Readonly<Record<keyof Matte, readonly AnswerKind[]>> = {
  decontaminate: ['cutout', 'composite'],
  background: ['composite'],
  blur: ['composite'],
  band: ['trimap'],
};
