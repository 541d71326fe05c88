import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { defaultLimits } from '../../domain/limits.ts';
import { readHeader } from '../header.ts';
import { nextStart, startMask } from './startMask.ts';

const placement = { input: { width: 16, height: 16 }, region: { x: 4, y: 8, width: 8, height: 4 } };
const size = { width: 8, height: 8 };

/** 16×8 pixels, the right half white; `transparent`: the rest has no opacity and is white all the same. */
async function rightHalf(transparent = false) {
  const channels = transparent ? 4 : 1;
  const data = Buffer.alloc(16 * 8 * channels, transparent ? 255 : 0);
  for (let at = 0; at < 16 * 8; at++) {
    const isRight = at % 16 >= 8;
    if (transparent) data[at * 4 + 3] = isRight ? 255 : 0;
    else data[at] = isRight ? 255 : 0;
  }
  const image = await sharp(data, { raw: { width: 16, height: 8, channels } })
    .png()
    .toBuffer();
  return { image, header: await readHeader(image, defaultLimits) };
}

function rows(mask: Float32Array): string[] {
  return Array.from({ length: 8 }, (_, y) =>
    [...mask.subarray(y * 8, y * 8 + 8)].map((logit) => (logit > 9 ? '#' : logit < -9 ? '.' : '?')).join(''),
  );
}

test('white is 10 and black −10, in the place where the picture stands in the input; padding is black', async () => {
  for (const transparent of [false, true]) {
    const mask = await rightHalf(transparent);
    const made = await startMask(mask, mask.header, placement, size);
    assert.deepEqual(rows(made), [
      '........',
      '........',
      '........',
      '........',
      '....##..',
      '....##..',
      '........',
      '........',
    ]);
    assert.ok(Math.abs(made[4 * 8 + 5]! - 10) < 0.1 && made[0] === -10);
  }
});

test('where a part of the picture is looked at, that part of the mask counts', async () => {
  const mask = await rightHalf();
  const part = { x: 8, y: 0, width: 8, height: 4 };
  const made = await startMask(mask, { ...mask.header, part, width: 8, height: 4 }, placement, size);
  assert.deepEqual(rows(made)[4], '..####..');
});

test('a mask that the decoder gave is taken as it is, averaged where it is larger, grown where it is smaller', () => {
  const plane = { width: 4, height: 2, data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
  assert.deepEqual([...nextStart(plane, { width: 4, height: 2 })], [1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...nextStart(plane, { width: 2, height: 1 })], [3.5, 5.5]);
  const grown = nextStart(plane, { width: 8, height: 4 });
  assert.deepEqual([grown.length, grown[0], grown[1], grown[31]], [32, 1, 1.25, 8]);
});
