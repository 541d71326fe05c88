import assert from 'node:assert/strict';
import { test } from 'node:test';
import { place } from '../../domain/geometry.ts';
import { paddedTokens, tokensOf } from './coordinates.ts';

const input = { size: { rule: 'fixed', width: 1024, height: 1024 }, fit: 'letterbox', align: 'topLeft' } as const;
const picture = { width: 2250, height: 1500 };

test('coordinates are scaled as SAM scales them: by the ratio of the sides, the padding being on the right and below', () => {
  const placement = place(picture, input);
  assert.deepEqual(placement.region, { x: 0, y: 0, width: 1024, height: 683 });
  const { coords, labels } = tokensOf({ points: [{ x: 500, y: 375, label: 1 }] }, picture, placement, true);
  // ResizeLongestSide(1024).apply_coords of 500, 375 in 1500×2250; 683 is 682.67 rounded.
  assert.deepEqual(coords.slice(0, 2), [(500 * 1024) / 2250, (375 * 683) / 1500]);
  assert.deepEqual(labels, [1, -1]);
  assert.deepEqual(coords.slice(2), [0, 0]);
});

test('a picture in the middle of the input, or a part of it, is found there', () => {
  const placement = { input: { width: 64, height: 64 }, region: { x: 8, y: 16, width: 48, height: 32 } };
  const { coords } = tokensOf({ points: [{ x: 0, y: 0, label: 0 }] }, { width: 96, height: 32 }, placement, false);
  assert.deepEqual(coords, [8, 16]);
  const last = tokensOf({ points: [{ x: 96, y: 32, label: 0 }] }, { width: 96, height: 32 }, placement, false);
  assert.deepEqual(last.coords, [56, 48]);
});

test('a box is two points behind the others, and then no point is added that is none', () => {
  const box = { x0: 225, y0: 150, x1: 450, y1: 300 };
  const { coords, labels } = tokensOf(
    { points: [{ x: 10, y: 10, label: 0 }], box },
    picture,
    place(picture, input),
    true,
  );
  assert.deepEqual(labels, [0, 2, 3]);
  assert.equal(coords.length, 6);
  assert.deepEqual([coords[2], coords[4]], [102.4, 204.8]);
});

test('points that a graph wants beyond those that there are, are none', () => {
  assert.deepEqual(paddedTokens({ coords: [1, 2], labels: [1] }, 3), {
    coords: [1, 2, 0, 0, 0, 0],
    labels: [1, -1, -1],
  });
  assert.deepEqual(paddedTokens({ coords: [1, 2], labels: [1] }, 0), { coords: [1, 2], labels: [1] });
});
