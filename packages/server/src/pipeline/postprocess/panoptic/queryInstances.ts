import type { QueriesOutput } from '@segserve/contract';
import type { Size } from '../../../domain/geometry.ts';
import type { FindInstances, Found, MaskPlane } from '../instances/found.ts';
import { bestFirst } from '../instances/nms.ts';
import { grower, probabilitiesOf } from './maskSource.ts';
import type { QuerySet } from './querySet.ts';

/**
 * Queries as instances, by the rule of transformers' `post_process_instance_segmentation`: of all pairs of a query and a
 * class as many as there are queries, the likeliest, each with the mean probability of its mask's pixels as a factor of its score.
 */
export function queryInstances(
  set: QuerySet,
  { sigmoidAt }: Pick<QueriesOutput, 'sigmoidAt'>,
  input: Size,
): FindInstances {
  // Made anew where it is needed: held, they would be as many pictures as there are queries.
  const planeOf = (query: number) => planeIn(set, query, sigmoidAt === 'input' ? input : set.size);
  return ({ scoreThreshold, maxInstances, threshold }) => {
    const certainties = new Map<number, number>();
    const certaintyOf = (query: number): number => {
      const known = certainties.get(query) ?? meanInside(planeOf(query), threshold);
      certainties.set(query, known);
      return known;
    };
    const found = likeliestPairs(set, scoreThreshold).map(({ query, class: index, probability }): Found => {
      return {
        class: index,
        score: probability * certaintyOf(query),
        box: { left: 0, top: 0, right: set.size.width, bottom: set.size.height },
        shape: { kind: 'plane', plane: () => planeOf(query), crop: false },
      };
    });
    return bestFirst(
      found.filter(({ score }) => score >= scoreThreshold),
      maxInstances,
    );
  };
}

interface Pair {
  readonly query: number;
  readonly class: number;
  readonly probability: number;
}

/** A score is never above its probability, so that pairs below the threshold need no mask. */
function likeliestPairs({ probabilities, classes, count }: QuerySet, least: number): Pair[] {
  const pairs: Pair[] = [];
  for (let at = 0; at < probabilities.length; at++) {
    const probability = probabilities[at]!;
    if (probability < least) continue;
    pairs.push({ query: Math.floor(at / classes), class: at % classes, probability });
  }
  return pairs.toSorted((a, b) => b.probability - a.probability).slice(0, count);
}

function planeIn(set: QuerySet, query: number, { width, height }: Size): MaskPlane {
  const area = { left: 0, top: 0, right: set.size.width, bottom: set.size.height };
  const logits = set.logitsOf(query);
  if (width === set.size.width && height === set.size.height)
    return { data: probabilitiesOf(logits), width, height, area };
  const data = new Float32Array(width * height);
  const { probability } = grower(set.size, { width, height });
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) data[at] = probability(logits, y, x);
  }
  return { data, width, height, area };
}

/** Mean probability of the pixels that are part of the mask; 0 where none is. */
function meanInside({ data }: MaskPlane, threshold: number): number {
  let [sum, pixels] = [0, 0];
  for (let at = 0; at < data.length; at++) {
    if (!(data[at]! > threshold)) continue;
    sum += data[at]!;
    pixels++;
  }
  return sum / (pixels + 1e-6); // as the reference has it
}
