import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from '../testing/pictures.ts';
import { ambiguousCandidates, bestCandidate } from './chooseCandidate.ts';

/** SAM's `select_masks` as it is written: the first score moved by a thousand for each point more or less than 2½. */
function selectMasks(scores: readonly number[], tokens: number): number {
  const moved = scores.map((score, index) => score + (index === 0 ? (tokens - 2.5) * 1000 : 0));
  return moved.indexOf(Math.max(...moved));
}

test('of four candidates the one is chosen that SAM’s exported decoder would choose', () => {
  const random = randomFrom(5);
  for (let run = 0; run < 500; run++) {
    const scores = [random(), random(), random(), random()];
    for (let tokens = 1; tokens < 6; tokens++) assert.equal(bestCandidate(scores, tokens), selectMasks(scores, tokens));
  }
});

test('of any other number the highest predicted IoU is chosen, the first among equals', () => {
  assert.equal(bestCandidate([0.5], 2), 0);
  assert.equal(bestCandidate([0.5, 0.9, 0.9], 2), 1);
  assert.equal(bestCandidate([0.9, 0.5, 0.6], 7), 0);
});

test('SAM’s single mask is not among the candidates of an ambiguous prompt', () => {
  assert.deepEqual(ambiguousCandidates(['single', 'a', 'b', 'c']), ['a', 'b', 'c']);
  assert.deepEqual(ambiguousCandidates(['a', 'b', 'c']), ['a', 'b', 'c']);
});
