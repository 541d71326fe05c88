import type { QuerySet } from './querySet.ts';

/** A query that is something, with the class that it most likely is. */
export interface Query {
  readonly class: number;
  /** Probability of that class, 0…1. */
  readonly score: number;
  /** Mask logits. */
  readonly logits: Float32Array;
}

/** Queries whose likeliest class is not "nothing" and whose score is above the threshold, in the model's order; of more than `most` the best. */
export function keptQueries(set: QuerySet, scoreThreshold: number, most: number): Query[] {
  const kept: { readonly class: number; readonly score: number; readonly query: number }[] = [];
  for (let query = 0; query < set.count; query++) {
    const best = likeliest(set, query);
    if (best.score < set.nothing[query]! || !(best.score > scoreThreshold)) continue;
    kept.push({ ...best, query });
  }
  const best = kept.length > most ? kept.toSorted((a, b) => b.score - a.score).slice(0, most) : kept;
  return best
    .toSorted((a, b) => a.query - b.query)
    .map(({ class: index, score, query }) => ({ class: index, score, logits: set.logitsOf(query) }));
}

function likeliest({ probabilities, classes }: QuerySet, query: number): { class: number; score: number } {
  let [best, score] = [0, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < classes; index++) {
    const own = probabilities[query * classes + index]!;
    if (own > score) [best, score] = [index, own];
  }
  return { class: best, score };
}
