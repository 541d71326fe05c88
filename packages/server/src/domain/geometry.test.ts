import assert from 'node:assert/strict';
import { test } from 'node:test';
import { place } from './geometry.ts';

const fixed = { rule: 'fixed', width: 100, height: 80 } as const;

test('A letterbox puts the picture in the middle, or in the corner where the model was exported so', () => {
  const letterbox = { size: fixed, fit: 'letterbox' } as const;
  assert.deepEqual(place({ width: 50, height: 20 }, letterbox).region, { x: 0, y: 20, width: 100, height: 40 });
  assert.deepEqual(place({ width: 20, height: 40 }, letterbox).region, { x: 30, y: 0, width: 40, height: 80 });
  const corner = { ...letterbox, align: 'topLeft' } as const;
  assert.deepEqual(place({ width: 50, height: 20 }, corner).region, { x: 0, y: 0, width: 100, height: 40 });
  assert.deepEqual(place({ width: 20, height: 40 }, corner).region, { x: 0, y: 0, width: 40, height: 80 });
});

test('A picture of one pixel fills what it can and never nothing', () => {
  const { region } = place({ width: 1, height: 5000 }, { size: fixed, fit: 'letterbox' });
  assert.deepEqual([region.width, region.height], [1, 80]);
});
