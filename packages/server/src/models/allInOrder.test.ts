import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as later } from 'node:timers/promises';
import { allInOrder } from './allInOrder.ts';

test('of several errors the first of the list is thrown, not the one that came first', async () => {
  const slow = later().then(() => {
    throw new Error('the first of the list');
  });
  const quick = Promise.reject(new Error('the first to come'));
  await assert.rejects(allInOrder([Promise.resolve(1), slow, quick]), /the first of the list/);
});

test('without errors, what all of them give, in order', async () => {
  assert.deepEqual(await allInOrder([later().then(() => 1), Promise.resolve(2)]), [1, 2]);
});
