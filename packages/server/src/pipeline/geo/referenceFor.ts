import type { Size } from '../../domain/geometry.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import type { Work } from '../work.ts';
import { type Georeference, georeferenceOf, referenceOfAnswer } from './georeference.ts';

/** Where an answer of this size lies on the earth; undefined where the answer cannot say it, or the picture did not. */
export function referenceFor(
  { job: { image, header, mask } }: Pick<Work, 'job'>,
  { format, coordinates }: AnswerPlan,
  size: Size,
): Georeference | undefined {
  if (format !== 'tiff' && coordinates !== 'source') return undefined;
  const geo = georeferenceOf(image, header);
  return geo && referenceOfAnswer(geo, header, size, mask?.inPlace ?? false);
}
