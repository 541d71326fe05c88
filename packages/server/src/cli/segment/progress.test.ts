import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barLine, duration } from './progress.ts';

test('The bar shows share, count, rate and time left', () => {
  assert.equal(barLine(10, 40, 5, 80), `[${'█'.repeat(10)}${'░'.repeat(30)}] 10/40  2.0/s  15 s left`);
});

test('Before anything is finished no rate is invented', () => {
  assert.equal(barLine(0, 4, 0, 30), `[${'░'.repeat(23)}] 0/4`);
});

test('The line is never wider than the terminal', () => {
  for (const columns of [1, 10, 20, 40, 200]) {
    assert.ok(barLine(123, 4567, 60, columns).length < Math.max(2, columns), `${columns} columns`);
  }
});

test('Time is told in units that a person reads', () => {
  assert.equal(duration(0.2), '1 s');
  assert.equal(duration(125), '2 min 5 s');
  assert.equal(duration(4320), '1 h 12 min');
});
