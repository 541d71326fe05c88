import { Fault } from '../domain/fault.ts';
import type { Placement, Size } from '../domain/geometry.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { resizeAlpha } from './postprocess/alpha.ts';
import { resizeNearest, windowIn } from './postprocess/labels.ts';
import type { Growth } from './postprocess/refine.ts';
import type { RawAnswer } from './readFused.ts';
import type { SceneParts } from './scene.ts';

/** The network's answer, cut to the part that shows the picture and brought to the picture's own size. */
export function postprocess(
  raw: RawAnswer,
  spec: ModelSpec,
  placement: Placement,
  picture: Size,
  scoreWanted: boolean,
): Pick<SceneParts, 'labels' | 'alpha' | 'score'> {
  const window = windowIn(raw, placement.input, placement.region);
  if (spec.manifest.task === 'matting') {
    const kernel = spec.manifest.output.upsample ?? 'linear';
    const alpha = resizeAlpha(given(raw.alpha, spec, 'opacity'), raw, window, picture, kernel);
    return { labels: undefined, alpha, score: undefined };
  }
  const labels = resizeNearest(given(raw.labels, spec, 'labels'), raw, window, picture);
  const score = scoreWanted ? raw.score : undefined;
  return { labels, alpha: undefined, score: score && resizeNearest(score, raw, window, picture) };
}

/** How many pixels of the picture one pixel of the network's answer covers. */
export function growthOf(raw: Size, { input, region }: Placement, picture: Size): Growth {
  const window = windowIn(raw, input, region);
  return { across: picture.width / window.width, down: picture.height / window.height };
}

function given<Plane>(plane: Plane | undefined, spec: ModelSpec, what: string): Plane {
  if (plane !== undefined) return plane;
  throw new Fault(
    'model_invalid',
    `The graph of ${spec.ref} gives no ${what}, which a ${spec.manifest.task} model must.`,
  );
}
