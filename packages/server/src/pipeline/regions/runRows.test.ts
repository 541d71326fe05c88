import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ClassMap } from '../../domain/image.ts';
import { randomFrom } from '../testing/pictures.ts';
import { bordersMax, largeBorders, largeBordersMax } from './bordersMax.ts';
import { componentsOfRuns, findComponents } from './components.ts';
import { east, latticeOf, south } from './lattice.ts';
import { outline, traceRegions } from './regions.ts';
import { runMapOf, valueAt } from './runMap.ts';
import { RunRows } from './runRows.ts';
import { nastyMasks, randomMasks } from './testing/masks.ts';
import { wantedMap } from './wantedMap.ts';

const random = randomFrom(23);
const masks = [...nastyMasks(), ...randomMasks(150, 31)];
const wishes = [[1, 2, 3, 4, 5], [0, 1], [2], []];

/** The map's runs, of bands of `rows` rows each, or of any height. */
function inBands({ data, width, height }: ClassMap, classes: readonly number[], rows?: number) {
  const made = new RunRows({ width, height }, classes);
  for (let y = 0; y < height; ) {
    const count = Math.min(rows ?? 1 + Math.floor(random() * 7), height - y);
    made.push({ data: data.subarray(y * width, (y + count) * width), width, height: count });
    y += count;
  }
  return made.end();
}

describe('RunRows', () => {
  it('keeps of bands of any height what a map that is held whole has', () => {
    for (const one of masks) {
      for (const classes of wishes) {
        const wanted = wantedMap(one, classes);
        const whole = runMapOf(wanted);
        for (const rows of [1, one.height, undefined])
          assert.deepEqual(inBands(one, classes, rows), { ...whole, limit: largeBorders }, one.name);
        const values = wanted.data.map((_, at) => valueAt(whole, at % one.width, Math.floor(at / one.width)));
        assert.deepEqual(values, wanted.data, one.name);
      }
    }
  });

  it('gives the outlines of the map that is held whole, whatever the bands, the classes and the tolerance', () => {
    for (const one of masks) {
      for (const classes of wishes) {
        const runs = inBands(one, classes);
        const components = componentsOfRuns(runs, 0);
        assert.deepEqual(components.list, findComponents(wantedMap(one, classes), 0).list, one.name);
        for (const tolerance of [0, 1, 3]) {
          const regions = outline(runs, components, tolerance);
          assert.deepEqual(regions, traceRegions(one, { classes, minArea: 0, tolerance }), one.name);
        }
      }
    }
  });

  it('counts borders as tracing does, to the last', () => {
    for (const one of masks) {
      const runs = inBands(one, [1, 2, 3]);
      const { flags } = latticeOf(runs);
      const borders = flags.reduce((sum, bits) => sum + (bits & east) / east + (bits & south) / south, 0);
      for (const most of [borders, borders - 1]) {
        const limit = { most, instead: 'less' };
        const made = () => new RunRows(one, [1, 2, 3], limit);
        const push = (rows: RunRows) => {
          rows.push(one);
          return rows.end();
        };
        if (most === borders) assert.deepEqual(push(made()).start, runs.start);
        else assert.throws(() => push(made()), { code: 'image_too_large', message: /less/ }, one.name);
      }
    }
    assert.equal(largeBordersMax / bordersMax, 4);
  });

  it('refuses noise in the row in which it becomes too much, before it has the memory', () => {
    const width = 2000;
    const rows = new RunRows({ width, height: 1_000_000 }, [0, 1]);
    const noise = Uint8Array.from({ length: width }, (_, x) => x % 2);
    const other = noise.map((value) => 1 - value);
    let y = 0;
    assert.throws(
      () => {
        for (; y < 10_000; y++) rows.push({ data: y % 2 === 0 ? noise : other, width, height: 1 });
      },
      { code: 'image_too_large', message: /region/ },
    );
    assert.equal(y, Math.floor(largeBordersMax / (2 * width)));
  });

  it('holds of rows that pass no more than their borders', () => {
    const [width, height] = [10_000, 10_000];
    const before = process.memoryUsage().arrayBuffers;
    const rows = new RunRows({ width, height }, [1]);
    const band = new Uint8Array(width * 100);
    for (let y = 0; y < 100; y++) band.fill(1, y * width + 20, y * width + 9000);
    for (let y = 0; y < height; y += 100) rows.push({ data: band, width, height: 100 });
    const held = process.memoryUsage().arrayBuffers - before;
    const runs = rows.end();
    assert.equal(runs.start.length, height);
    assert.ok(held < 4_000_000, `${held} bytes of a map of ${width * height}`);
  });
});
