import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RateLimit } from './rateLimit.ts';

describe('RateLimit', () => {
  test('takes one second’s worth at once, then as many as a second allows', () => {
    const rate = new RateLimit(3);
    const taken = (atMs: number) =>
      Array.from({ length: 6 }, () => rate.takes('a', atMs)).filter((passes) => passes).length;
    assert.equal(taken(0), 3);
    assert.equal(taken(400), 1);
    assert.equal(taken(1000), 2);
    assert.equal(taken(100_000), 3);
  });

  test('holds each address to its own', () => {
    const rate = new RateLimit(1);
    assert.deepEqual([rate.takes('a', 0), rate.takes('a', 0), rate.takes('b', 0)], [true, false, true]);
  });

  test('below one a second still lets one through', () => {
    const rate = new RateLimit(0.5);
    assert.deepEqual([rate.takes('a', 0), rate.takes('a', 1000), rate.takes('a', 2000)], [true, false, true]);
  });

  test('0 is no limit', () => {
    const rate = new RateLimit(0);
    assert.ok(Array.from({ length: 1000 }, () => rate.takes('a', 0)).every((passes) => passes));
  });

  test('forgets the address heard of longest ago, so that strangers cost no memory', () => {
    const rate = new RateLimit(1);
    rate.takes('first', 0);
    rate.takes('second', 0);
    rate.takes('first', 0);
    for (let count = 0; count < 9_999; count++) rate.takes(`stranger ${count}`, 0);
    assert.equal(rate.takes('first', 0), false);
    assert.equal(rate.takes('second', 0), true);
  });
});
