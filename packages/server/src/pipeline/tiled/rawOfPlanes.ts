import type { Manifest } from '@segserve/contract';
import { alphaFromScores, argmaxLabels, scoreFromScores } from '../../graph/pixelLoops.ts';
import type { RawAnswer } from '../readFused.ts';
import type { ScorePlanes } from './scorePlanes.ts';

/** What is to be made besides the mask: how sure the model is, and its scores. */
export interface Wanted {
  readonly scoreWanted: boolean;
  readonly scoresWanted: boolean;
}

/** Classes or opacity of blended scores, as a graph that answers by itself would give them. */
export function rawOfPlanes(planes: ScorePlanes, manifest: Manifest, wanted: Wanted): RawAnswer {
  const { width, height, channels, data, kind } = planes;
  const nothing = { width, height, labels: undefined, alpha: undefined, score: undefined };
  if (kind === 'labels') return { ...nothing, labels: Uint16Array.from(data) }; // all bands of a picture of one kind
  const rules = { kind, layout: 'nchw', foreground: 0, threshold: manifest.output.threshold } as const;
  if (manifest.task === 'matting')
    return { ...nothing, alpha: alphaFromScores(data, 1, channels, height, width, rules) };
  return {
    ...nothing,
    labels: argmaxLabels(data, 1, channels, height, width, rules),
    score: wanted.scoreWanted ? scoreFromScores(data, 1, channels, height, width, rules) : undefined,
    ...(wanted.scoresWanted ? { scores: { data, channels, layout: 'nchw', kind } } : {}),
  };
}
