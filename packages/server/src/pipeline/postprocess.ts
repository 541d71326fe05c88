import { Fault } from '../domain/fault.ts';
import type { Placement, Size } from '../domain/geometry.ts';
import type { PictureSpec } from '../domain/modelSpec.ts';
import { notNumbers } from './notNumbers.ts';
import { resizeAlpha } from './postprocess/alpha.ts';
import type { FindOptions } from './postprocess/instances/found.ts';
import { instancesIn } from './postprocess/instances.ts';
import { resizeNearest, type Window, wholeWindow, windowIn } from './postprocess/labels.ts';
import type { Growth } from './postprocess/refine.ts';
import { Scores } from './postprocess/scores.ts';
import type { ClassScores, RawAnswer } from './readFused.ts';
import type { SceneParts } from './scene.ts';

/**
 * The network's answer, cut to the part that shows the picture and brought to the size `target`. That of the part itself
 * takes its numbers as they are. `choice`: what a request says of instances, in place of the manifest.
 */
export function postprocess(
  raw: RawAnswer,
  spec: PictureSpec,
  placement: Placement,
  target: Size | 'model',
  scoreWanted: boolean,
  choice: Partial<FindOptions> = {},
): Pick<SceneParts, 'labels' | 'alpha' | 'score' | 'classes' | 'instances' | 'scores'> {
  if (raw.isBroken) throw notNumbers();
  if (spec.manifest.task === 'classification') {
    return { labels: undefined, alpha: undefined, score: undefined, classes: classesOf(raw, spec) };
  }
  const isAsItIs = target === 'model';
  const window = isAsItIs ? wholeWindowOf(raw, placement) : windowIn(raw, placement.input, placement.region);
  const size = isAsItIs ? window : target;
  if (spec.manifest.task === 'instance' || spec.manifest.task === 'panoptic') {
    const { output } = spec.manifest;
    const view = { window, target: { width: size.width, height: size.height } };
    const { scoreThreshold, maxInstances, threshold } = output;
    const options = { scoreThreshold, maxInstances, threshold, ...choice };
    const instances =
      spec.manifest.task === 'panoptic'
        ? given(raw.segments, spec, 'segments')(view, options)
        : instancesIn(view, given(raw.find, spec, 'instances'), options);
    return { labels: undefined, alpha: undefined, score: undefined, instances };
  }
  if (spec.manifest.task === 'matting') {
    const kernel = isAsItIs ? 'nearest' : (spec.manifest.output.upsample ?? 'linear');
    const alpha = resizeAlpha(given(raw.alpha, spec, 'opacity'), raw, window, size, kernel);
    return { labels: undefined, alpha, score: undefined };
  }
  const labels = resizeNearest(given(raw.labels, spec, 'labels'), raw, window, size);
  const score = scoreWanted ? raw.score : undefined;
  const scores = raw.scores && new Scores(raw.scores, raw, window, { width: size.width, height: size.height });
  return { labels, alpha: undefined, score: score && resizeNearest(score, raw, window, size), scores };
}

/** Those of the network's own pixels that show the picture. */
export function wholeWindowOf(raw: Size, { input, region }: Placement): Window {
  return wholeWindow(windowIn(raw, input, region), raw);
}

/** How many pixels of the picture one pixel of the network's answer covers. */
export function growthOf(raw: Size, { input, region }: Placement, picture: Size): Growth {
  const window = windowIn(raw, input, region);
  return { across: picture.width / window.width, down: picture.height / window.height };
}

function classesOf({ classes }: RawAnswer, spec: PictureSpec): ClassScores {
  const scores = given(classes, spec, 'scores');
  if (scores.length === spec.labels.length) return scores;
  const expected = `a score for each of the ${spec.labels.length} labels of ${spec.ref}`;
  throw Fault.expected('model_invalid', expected, `${scores.length} scores`);
}

function given<Plane>(plane: Plane | undefined, spec: PictureSpec, what: string): Plane {
  if (plane !== undefined) return plane;
  throw new Fault(
    'model_invalid',
    `The graph of ${spec.ref} gives no ${what}, which a ${spec.manifest.task} model must.`,
  );
}
