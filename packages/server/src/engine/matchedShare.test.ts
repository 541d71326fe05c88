import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeIds } from '../pipeline/decode/decodeIds.ts';
import { encodePng } from '../pipeline/encode/png.ts';
import { randomFrom } from '../pipeline/testing/pictures.ts';
import { matchedShare } from './matchedShare.ts';

const ids = (...values: number[]) => Uint16Array.from(values);

describe('matchedShare', () => {
  it('is 1 where the same things have other ids, and where there is nothing in either', () => {
    assert.equal(matchedShare(ids(0, 1, 1, 2, 2, 300), ids(0, 7, 7, 65_535, 65_535, 1)), 1);
    assert.equal(matchedShare(ids(0, 0), ids(0, 0)), 1);
  });

  it('counts what is missing, and what is there besides', () => {
    assert.equal(matchedShare(ids(1, 1, 2, 2, 0), ids(1, 1, 0, 0, 0)), 0.5);
    assert.equal(matchedShare(ids(1, 1, 0, 0, 0), ids(1, 1, 2, 2, 0)), 0.5);
    assert.equal(matchedShare(ids(1, 1), ids(0, 0)), 0);
  });

  it('takes two masks for one thing from half of their union on, and not below', () => {
    assert.equal(matchedShare(ids(1, 1, 0), ids(1, 1, 1)), 1);
    assert.equal(matchedShare(ids(1, 1, 0, 0), ids(1, 1, 1, 1)), 1);
    assert.equal(matchedShare(ids(1, 1, 0, 0, 0), ids(1, 1, 1, 1, 1)), 0);
  });

  it('finds things that have become one, and one that has become two', () => {
    assert.equal(matchedShare(ids(1, 1, 1, 1), ids(1, 1, 2, 2)), 0.5);
    assert.equal(matchedShare(ids(1, 1, 2, 2), ids(1, 1, 1, 1)), 0.5);
  });

  it('is the same both ways round, between 0 and 1, and 1 of a map with itself', () => {
    const random = randomFrom(3);
    for (let round = 0; round < 200; round++) {
      const one = Uint16Array.from({ length: 30 }, () => Math.floor(random() * 5) * 13_000);
      const other = one.map((id) => (random() < 0.3 ? Math.floor(random() * 5) * 13_000 : id));
      assert.equal(matchedShare(one, one), 1);
      const share = matchedShare(one, other);
      assert.equal(share, matchedShare(other, one));
      assert.ok(share >= 0 && share <= 1);
    }
  });
});

it('decodeIds reads 16 bits as they were written, and nothing but 16-bit grey', async () => {
  const data = Uint16Array.from({ length: 12 }, (_, at) => at * 5957);
  const read = await decodeIds(await encodePng({ data, width: 4, height: 3 }));
  assert.deepEqual(read, { data, width: 4, height: 3 });
  assert.equal(await decodeIds(await encodePng({ data: new Uint8Array(12), width: 4, height: 3 })), undefined);
});
