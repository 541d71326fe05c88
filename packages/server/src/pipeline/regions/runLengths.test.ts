import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFrom } from '../testing/pictures.ts';
import { brushRle } from './brushRle.ts';
import { cocoCounts, cocoString, readCocoString } from './cocoRle.ts';
import { findComponents } from './components.ts';
import { rowRuns } from './rowRuns.ts';
import { runMapOf } from './runMap.ts';
import { mask, nastyMasks, randomMasks } from './testing/masks.ts';
import { wantedMap } from './wantedMap.ts';

const classes = [1, 2, 3, 4, 5];
const masks = [...nastyMasks(), ...randomMasks(60, 11), mask('more than 65,536 bytes in a run', 300, 200, () => 1)];

describe('COCO run lengths', () => {
  it('give every mask back, a region at a time', () => {
    for (const one of masks) {
      const map = wantedMap(one, classes);
      const components = findComponents(map, 0);
      const back = new Uint8Array(one.data.length);
      for (const [at, counts] of cocoCounts(runMapOf(map), components).entries()) {
        let end = 0;
        for (const [run, length] of counts.entries()) {
          assert.ok(length > 0 || run === 0, one.name);
          for (let pixel = end; run % 2 === 1 && pixel < end + length; pixel++) {
            const index = (pixel % one.height) * one.width + Math.floor(pixel / one.height);
            assert.equal(back[index], 0);
            back[index] = components.list[at]!.class;
          }
          end += length;
        }
        assert.equal(end, back.length);
      }
      assert.deepEqual(back, one.data, one.name);
    }
  });

  it('are refused where a number of theirs would not fit into 31 bits', () => {
    const runs = runMapOf({ data: new Uint8Array(0), width: 0, height: 0, classes: [] });
    const huge = { ...runs, width: 65_536, height: 32_768, rows: new Uint32Array(32_769) };
    const none = { list: [], at: () => 0 };
    assert.throws(() => cocoCounts(huge, none), { code: 'image_too_large', message: /at most 2147483647 pixels/ });
    assert.deepEqual(cocoCounts({ ...huge, width: 65_535 }, none), []);
  });

  it('survive their compressed form, large ones and differences below zero too', () => {
    const random = randomFrom(5);
    for (let round = 0; round < 300; round++) {
      const counts = Array.from({ length: Math.floor(random() * 20) }, () => Math.floor(random() ** 4 * 50_000_000));
      assert.deepEqual(readCocoString(cocoString(counts)), counts);
    }
  });
});

describe('brush run lengths', () => {
  it('give every mask back, a class at a time, in four equal channels', () => {
    for (const one of masks) {
      const back = new Uint8Array(one.data.length);
      for (const [index, runs] of rowRuns(runMapOf(wantedMap(one, classes)))) {
        assert.ok(
          runs.every((length, run) => length > 0 || run === 0),
          one.name,
        );
        const bytes = readBrushRle(brushRle(runs));
        assert.equal(bytes.length, one.data.length * 4);
        for (const [at, value] of bytes.entries()) {
          assert.equal(value, bytes[at - (at % 4)]);
          if (value === 255) back[at >> 2] = index;
        }
      }
      assert.deepEqual(back, one.data, one.name);
    }
  });
});

it('brush run lengths are refused where their length would not fit into 32 bits', () => {
  assert.throws(() => brushRle([2 ** 30]), { code: 'image_too_large', message: /at most 1073741823 pixels/ });
  assert.equal(Buffer.from(brushRle([2 ** 30 - 1])).readUInt32BE(0), 2 ** 32 - 4);
});

/** By the description of the format, of which we write only runs. */
function readBrushRle(packed: Uint8Array): Uint8Array {
  let bit = 0;
  const read = (bits: number) => {
    let value = 0;
    for (let at = 0; at < bits; at++, bit++) value = value * 2 + ((packed[bit >> 3]! >> (7 - (bit & 7))) & 1);
    return value;
  };
  const out = new Uint8Array(read(32));
  const wordBits = read(5) + 1;
  const sizes = [0, 0, 0, 0].map(() => read(4) + 1);
  for (let at = 0; at < out.length; ) {
    const isRun = read(1) === 1;
    const end = at + read(sizes[read(2)]!) + 1;
    if (isRun) out.fill(read(wordBits), at, end);
    else for (let one = at; one < end; one++) out[one] = read(wordBits);
    at = end;
  }
  return out;
}
