import type { Size } from '../../../domain/geometry.ts';
import type { View } from '../instances/maskIn.ts';
import { Contest } from './contest.ts';
import type { Query } from './keptQueries.ts';
import { maskSource } from './maskSource.ts';
import type { Piece } from './pieces.ts';

/** DETR leaves out what wins no more pixels than this (detr.py and segmentation.py, `area <= 4`). */
const areaTooSmall = 4;

/**
 * DETR's own rule (`PostProcessPanoptic`): the highest mask logit wins, so that every pixel has a winner. Queries of one
 * class of stuff count as the first of them, and whoever has almost nothing then leaves, the others of the stuff too; its
 * pixels go to whoever is next, until nobody else has to leave.
 */
export function logitWinners(
  queries: readonly Query[],
  size: Size,
  view: View,
  things: ReadonlySet<number>,
): { readonly winners: Uint16Array; readonly pieces: readonly (Piece | undefined)[] } {
  const { width, height } = view.target;
  const planes = queries.map(({ logits }) => logits);
  const weights = new Float64Array(queries.length).fill(1);
  const source = maskSource(planes, size, size, view, 'none');
  const contest = new Contest(source, { weights, threshold: Number.POSITIVE_INFINITY });
  const winners = new Uint16Array(width * height);
  const areas = new Float64Array(queries.length + 1);
  let alive = [...queries.keys()];
  contest.decide(0, height, alive, winners);
  count(winners, 1, areas);
  const firsts = firstOfStuff(queries, things);
  for (let known = areasAs(firsts, areas); ; known = areas) {
    const leaving = new Set(alive.filter((query) => known[query + 1]! <= areaTooSmall));
    alive = alive.filter((query) => !leaving.has(query));
    if (leaving.size === 0 || alive.length === 0) break;
    for (let y = 0; y < height; y++) {
      const row = winners.subarray(y * width, (y + 1) * width);
      if (!row.some((winner) => leaving.has(winner - 1))) continue;
      count(row, -1, areas);
      contest.decide(y, y + 1, alive, winners);
      count(row, 1, areas);
    }
  }
  const pieces = queries.map(({ class: index, score }, at) =>
    alive.includes(at) ? { class: index, score, area: areas[at + 1]! } : undefined,
  );
  return { winners, pieces };
}

/** Of each query the first one of its class, where that is stuff. */
function firstOfStuff(queries: readonly Query[], things: ReadonlySet<number>): number[] {
  return queries.map(({ class: index }, at) =>
    things.has(index) ? at : queries.findIndex((other) => other.class === index),
  );
}

function areasAs(firsts: readonly number[], areas: Float64Array): Float64Array {
  const sums = new Float64Array(areas.length);
  for (const [query, first] of firsts.entries()) sums[first + 1] = sums[first + 1]! + areas[query + 1]!;
  return sums;
}

function count(row: Uint16Array, step: number, areas: Float64Array): void {
  for (let x = 0; x < row.length; x++) areas[row[x]!] = areas[row[x]!]! + step;
}
