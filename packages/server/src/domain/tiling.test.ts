import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { axisOf, blendBytes, planTiles, tilingOf } from './tiling.ts';

describe('axisOf', () => {
  it('covers every pixel once, with ramps that never meet and stand inside both tiles, whatever the lengths', () => {
    for (let tile = 2; tile <= 40; tile++) {
      for (const overlap of [0, 1, 2, 3, Math.floor(tile / 4), Math.floor(tile / 2)]) {
        if (overlap > tile / 2) continue;
        for (let length = 1; length <= 150; length += 1) check(length, tile, overlap);
      }
    }
  });

  it('takes one tile where one is enough, and gives it no ramp', () => {
    const { spans, ramp } = axisOf(10, 10, 4);
    assert.deepEqual(spans, [{ start: 0, from: 0, to: 10, isFirst: true, isLast: true }]);
    assert.equal(ramp, 0);
  });

  it('leaves a quarter of the overlap at each tile’s border out', () => {
    const { spans, ramp } = axisOf(100, 40, 16);
    assert.equal(ramp, 8);
    for (const [index, span] of spans.entries()) {
      if (!span.isFirst) assert.ok(span.from - span.start >= 4, `tile ${index} begins`);
      if (!span.isLast) assert.ok(span.start + 40 - (span.to + ramp) >= 4, `tile ${index} ends`);
    }
  });
});

function check(length: number, tile: number, overlap: number): void {
  const what = `${length} pixels, tiles of ${tile}, overlap ${overlap}`;
  const { spans, ramp } = axisOf(length, tile, overlap);
  let at = 0;
  for (const { start, from, to, isFirst, isLast } of spans) {
    assert.equal(from, at, what);
    assert.ok(isFirst || to - from >= ramp || isLast, `ramps meet: ${what}`);
    assert.ok(from >= start && to <= Math.max(start + tile, length), `outside its tile: ${what}`);
    if (!isLast) assert.ok(to + ramp <= start + tile, `the ramp leaves its tile: ${what}`);
    if (!isFirst) assert.ok(from + ramp <= to || isLast, what);
    assert.ok(to > from, `nothing of its own: ${what}`);
    if (isLast && !isFirst) assert.equal(start + tile, length, what);
    at = to;
  }
  assert.equal(at, length, what);
}

describe('tilingOf', () => {
  const fixed = { rule: 'fixed', width: 512, height: 256 } as const;
  const free = { rule: 'free', multiple: 32, maxSide: 2048 } as const;
  const large = { width: 5000, height: 4000 };

  it('takes tiles where the manifest or the request says so', () => {
    const tile = { width: 512, height: 256 };
    const overlap = { across: 128, down: 64 };
    assert.deepEqual(tilingOf({ size: fixed, fit: 'tile', overlap: 0.25 }, undefined, large), { tile, overlap });
    assert.deepEqual(tilingOf({ size: fixed, fit: 'stretch', overlap: 0.25 }, 'auto', large), { tile, overlap });
    assert.equal(tilingOf({ size: fixed, fit: 'stretch', overlap: 0.25 }, undefined, large), undefined);
    assert.equal(tilingOf({ size: fixed, fit: 'tile', overlap: 0.25 }, 'off', large), undefined);
  });

  it('reads the overlap as pixels from 1 on, and lets at most half a tile count', () => {
    const overlapOf = (overlap: number) => tilingOf({ size: fixed, fit: 'tile', overlap }, undefined, large)!.overlap;
    assert.deepEqual(overlapOf(100), { across: 100, down: 100 });
    assert.deepEqual(overlapOf(4000), { across: 256, down: 128 });
    assert.deepEqual(overlapOf(0.9), { across: 256, down: 128 });
  });

  it('gives a graph of any size tiles of a multiple, no larger than the picture needs', () => {
    const tileOf = (wish: 'auto' | { width: number; height: number }, picture = large) =>
      tilingOf({ size: free, fit: 'stretch', overlap: 0.25 }, wish, picture)!.tile;
    assert.deepEqual(tileOf('auto'), { width: 1024, height: 1024 });
    assert.deepEqual(tileOf('auto', { width: 100, height: 70 }), { width: 128, height: 96 });
    assert.deepEqual(tileOf({ width: 500, height: 4000 }), { width: 512, height: 4000 });
  });
});

it('counts the scores that blending holds by the ramps, not by the picture’s height', () => {
  const tiling = { tile: { width: 512, height: 512 }, overlap: { across: 128, down: 128 } };
  const bytesOf = (height: number) => blendBytes(planTiles({ width: 20_000, height }, tiling, true), 21);
  assert.equal(bytesOf(20_000), bytesOf(2000));
  assert.ok(bytesOf(20_000) < 170e6, `${bytesOf(20_000)}`);
});
