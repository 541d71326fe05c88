import { wholeSizeOf } from '../../domain/image.ts';
import type { PictureSpec } from '../../domain/modelSpec.ts';
import type { SceneParts } from '../scene.ts';
import type { Job } from '../work.ts';
import { pastedRegion } from './pastedRegion.ts';

type Planes = Pick<SceneParts, 'labels' | 'alpha' | 'score'>;

/** Where a part of the picture was asked for in its place: its planes in the whole picture, the rest background. */
export function inPlace<Made extends Planes>({ manifest }: PictureSpec, { header, mask }: Job, made: Made): Made {
  const { part } = header;
  if (part === undefined || !mask?.inPlace) return made;
  const whole = wholeSizeOf(header);
  return {
    ...made,
    labels: made.labels && pastedRegion(made.labels, part, whole, manifest.background ?? 0),
    alpha: made.alpha && pastedRegion(made.alpha, part, whole, 0),
    score: made.score && pastedRegion(made.score, part, whole, 0),
  };
}
