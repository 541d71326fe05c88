import type { PanopticOutput } from '@segserve/contract';
import type { Size } from '../../../domain/geometry.ts';
import type { Instance } from '../../instances/instance.ts';
import type { FindOptions } from '../instances/found.ts';
import type { View } from '../instances/maskIn.ts';
import { Contest } from './contest.ts';
import { keptQueries, type Query } from './keptQueries.ts';
import { logitWinners } from './logitWinners.ts';
import { maskSource } from './maskSource.ts';
import { type Piece, piecesToSegments } from './pieces.ts';
import type { QuerySet } from './querySet.ts';

export interface SegmentRules extends Pick<PanopticOutput, 'sigmoidAt' | 'assign' | 'overlapThreshold'> {
  /** The size of the model's input. */
  readonly input: Size;
  /** Classes that are counted one by one; of every other there is one segment. */
  readonly things: ReadonlySet<number>;
}

/** The segments of the picture, highest score first: no pixel is in two, and some may be in none. */
export function segmentsIn(set: QuerySet, view: View, rules: SegmentRules, options: FindOptions): Instance[] {
  const queries = keptQueries(set, options.scoreThreshold, options.maxInstances);
  if (queries.length === 0) return [];
  const { winners, pieces } =
    rules.assign === 'logits'
      ? logitWinners(queries, set.size, view, rules.things)
      : weightedWinners(queries, set, view, rules, options.threshold);
  return piecesToSegments(winners, pieces, view.target, rules.things);
}

interface Won {
  /** The winner of each pixel, from 1. */
  readonly winners: Uint16Array;
  /** What each winner won, by its number less 1; undefined where it is left out. */
  readonly pieces: readonly (Piece | undefined)[];
}

/**
 * The rule of transformers' `post_process_panoptic_segmentation`, after MaskFormer: a mask's probability counts as much as
 * its score. A query whose mask is mostly won by others is left out, and what it won stays without a segment.
 */
function weightedWinners(
  queries: readonly Query[],
  { size }: QuerySet,
  view: View,
  { input, sigmoidAt, overlapThreshold }: SegmentRules,
  threshold: number,
): Won {
  const { width, height } = view.target;
  const source = maskSource(
    queries.map(({ logits }) => logits),
    size,
    input,
    view,
    sigmoidAt,
  );
  const weights = Float64Array.from(queries, ({ score }) => score);
  const contest = new Contest(source, { weights, threshold });
  const winners = new Uint16Array(width * height);
  contest.decide(0, height, [...queries.keys()], winners);
  const areas = areasOf(winners, queries.length);
  const pieces = queries.map((query, at) => {
    const area = areas[at]!;
    return area > 0 && area / contest.covered[at]! > overlapThreshold && contest.covered[at]! > 0
      ? { class: query.class, score: query.score, area }
      : undefined;
  });
  return { winners, pieces };
}

function areasOf(winners: Uint16Array, count: number): Float64Array {
  const areas = new Float64Array(count + 1);
  for (let at = 0; at < winners.length; at++) areas[winners[at]!] = areas[winners[at]!]! + 1;
  return areas.subarray(1);
}
