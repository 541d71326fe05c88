import type { AnswerFormat, AnswerKind } from '@segserve/contract';
import { foregroundKinds } from './matteOptions.ts';
import type { AnswerRequest } from './request.ts';

/** Answers made of connected regions, of the named classes each for itself; of all but the background when none is named. */
export const regionKinds: readonly AnswerKind[] = ['polygons', 'geojson', 'coco', 'labelstudio', 'yolo', 'svg'];

/** Answers whose classes are not foreground or regions: which masks, instances or scores are wanted. */
const ownClassKinds: readonly AnswerKind[] = ['masks', 'instances', 'panoptic', 'scores'];

/** Whether `classes` says something about this answer: what the foreground is, or which regions or masks are wanted. */
export function takesClasses(kind: AnswerKind): boolean {
  return foregroundKinds.includes(kind) || regionKinds.includes(kind) || ownClassKinds.includes(kind);
}

/** What `format` is a word about: an answer that is no picture comes in its own form, whatever stands beside it. */
export const pictureFormats: readonly AnswerFormat[] = ['png', 'webp', 'avif', 'jpeg', 'tiff'];

type Options = { readonly [name in 'tolerance' | 'minArea' | 'cocoMask']: AnswerRequest[name] | undefined };

/** Those of a request's options that say something about this answer. */
export function regionOptions(kind: AnswerKind, { tolerance, minArea, cocoMask }: Options): Partial<AnswerRequest> {
  if (!regionKinds.includes(kind)) return {};
  return {
    ...(tolerance === undefined ? {} : { tolerance }),
    ...(minArea === undefined ? {} : { minArea }),
    ...(cocoMask === undefined || kind !== 'coco' ? {} : { cocoMask }),
  };
}
