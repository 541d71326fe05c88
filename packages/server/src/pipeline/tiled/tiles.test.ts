import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PictureSpec } from '../../domain/modelSpec.ts';
import type { MaskPlan } from '../../domain/request.ts';
import { axisOf } from '../../domain/tiling.ts';
import { plan, png } from '../testing/pictures.ts';
import { answered, texture, valuesOf } from './testing/answered.ts';
import { convolution, freeSpec } from './testing/convolution.ts';

const tile = { width: 96, height: 64 };
const free = { rule: 'free', multiple: 1 } as const;

describe('tiles', () => {
  const sizes = [
    [300, 200],
    [131, 257],
    [96, 64],
    [97, 65],
    [500, 40],
    [1, 300],
  ] as const;
  for (const [width, height] of sizes) {
    it(`give each pixel of ${width}×${height} the class that the whole picture gives it, where the overlap covers what a pixel sees`, async () => {
      const image = await png(texture(width, height), width, height);
      const graph = convolution({ classes: 5, depth: 4 });
      // A pixel sees 4 pixels in every direction; of 32 pixels of overlap 8 are left out on each side.
      const spec = freeSpec(5, { input: { size: free, overlap: 32 } });
      const whole = await valuesOf(await answered({ spec, graph, image }));
      const tiled = await valuesOf(await answered({ spec, graph, image, mask: { tile } }));
      if (width > 1) assert.ok(new Set(whole).size >= 4, 'a picture of many classes');
      assert.deepEqual(Buffer.from(tiled), Buffer.from(whole));
    });
  }

  it('grow answers of smaller sides as those of the whole picture grow: classes by nearest, opacity by linear', async () => {
    const [width, height] = [288, 160]; // tiles 64 and 32 pixels apart, so that their grids of 4 meet the picture's
    const image = await png(texture(width, height), width, height);
    const input = { size: { rule: 'free', multiple: 4 }, overlap: 32 } as const;
    const both = async (spec: PictureSpec, graph: Uint8Array) =>
      [
        await valuesOf(await answered({ spec, graph, image })),
        await valuesOf(await answered({ spec, graph, image, mask: { tile } })),
      ] as const;
    const [labels, tiledLabels] = await both(freeSpec(4, { input }), convolution({ classes: 4, depth: 2, stride: 4 }));
    assert.deepEqual(Buffer.from(tiledLabels), Buffer.from(labels));
    const matting = freeSpec(2, { task: 'matting', input, output: { foreground: 1 } });
    const [alpha, tiledAlpha] = await both(matting, convolution({ classes: 2, depth: 2, stride: 4 }));
    assert.ok(new Set(alpha).size > 50, 'a picture of many opacities');
    assert.ok(largestDifference(alpha, tiledAlpha) <= 2, `${largestDifference(alpha, tiledAlpha)}`);
  });

  it('blend an opacity without a step, and agree with the whole picture in all that a pixel sees', async () => {
    const [width, height] = [300, 150];
    const image = await png(texture(width, height), width, height);
    const graph = convolution({ classes: 2, depth: 4 });
    const spec = freeSpec(2, { task: 'matting', input: { size: free, overlap: 32 }, output: { foreground: 1 } });
    const whole = await valuesOf(await answered({ spec, graph, image }));
    const tiled = await valuesOf(await answered({ spec, graph, image, mask: { tile } }));
    assert.ok(new Set(whole).size > 100, 'a picture of many opacities');
    assert.ok(largestDifference(whole, tiled) <= 1, 'equal but for rounding');
  });

  it('fade into each other where pixels see more than the overlap covers: no column changes as a seam would', async () => {
    const [width, height] = [420, 300];
    // Each tile of this picture has its own mean, which the network adds to all that it sees.
    const shaded = Buffer.alloc(width * height * 3);
    for (let at = 0; at < width * height; at++) shaded.fill((at % width) / 2 + 20, at * 3, at * 3 + 3);
    const image = await png(shaded, width, height);
    const graph = convolution({ classes: 2, depth: 2, looksEverywhere: true });
    const spec = freeSpec(2, { task: 'matting', input: { size: free, overlap: 32 }, output: { foreground: 1 } });
    const whole = await valuesOf(await answered({ spec, graph, image }));
    const tiled = await valuesOf(await answered({ spec, graph, image, mask: { tile } }));
    const { spans, ramp } = axisOf(width, tile.width, 32);
    const inTile = (index: number) =>
      meanDifference(tiled, whole, width, height, spans[index]!.from + ramp, spans[index]!.to);
    const jumps = spans.slice(1).map((_, index) => Math.abs(inTile(index + 1) - inTile(index)));
    assert.ok(Math.max(...jumps) > 4, `tiles differ by ${jumps}`);
    const columns = Array.from({ length: width }, (_, x) => meanDifference(tiled, whole, width, height, x, x + 1));
    const seen = columns.slice(4, -4); // at the picture's own border the network sees its padding
    const steps = seen.slice(1).map((value, x) => Math.abs(value - seen[x]!));
    // A cosine's steepest step is π ÷ 2 ÷ ramp of the jump; a seam would be all of it in one column.
    assert.ok(Math.max(...steps) < Math.max(...jumps) / 4 + 1, `${Math.max(...steps)} where tiles differ by ${jumps}`);
  });

  it('of ready classes are cut in the middle of what they have in common', async () => {
    const [width, height] = [300, 200];
    const image = await png(texture(width, height), width, height);
    const spec = freeSpec(5, { input: { size: free, overlap: 32 } });
    const graph = convolution({ classes: 5, depth: 4 });
    const whole = await valuesOf(await answered({ spec, graph, image }));
    const ready = { ...spec, manifest: { ...spec.manifest, output: { ...spec.manifest.output, kind: 'labels' } } };
    const labels = convolution({ classes: 5, depth: 4, endsInLabels: true });
    const tiled = await answered({ spec: ready as typeof spec, graph: labels, image, mask: { tile } });
    assert.deepEqual(Buffer.from(await valuesOf(tiled)), Buffer.from(whole));
  });

  it('of a fixed size are filled with the manifest’s padding beyond a smaller picture', async () => {
    const image = await png(texture(50, 30), 50, 30);
    const graph = convolution({ classes: 5, depth: 1 });
    const size = { rule: 'fixed', width: 96, height: 64 } as const;
    const spec = freeSpec(5, { input: { size, fit: 'tile', pad: [9, 200, 30] } });
    const tiled = await valuesOf(await answered({ spec, graph, image }));
    const padded = Buffer.alloc(96 * 64 * 3);
    for (let at = 0; at < padded.length; at += 3) padded.set([9, 200, 30], at);
    const own = texture(50, 30);
    for (let y = 0; y < 30; y++) padded.set(own.subarray(y * 150, (y + 1) * 150), y * 96 * 3);
    const whole = await valuesOf(
      await answered({ spec, graph, image: await png(padded, 96, 64), mask: { tile: 'off' } }),
    );
    const cut = Array.from({ length: 30 }, (_, y) => whole.subarray(y * 96, y * 96 + 50));
    assert.deepEqual(Buffer.from(tiled), Buffer.concat(cut));
  });

  it('say how sure the model is of the class that won', async () => {
    const [width, height] = [200, 130];
    const image = await png(texture(width, height), width, height);
    const graph = convolution({ classes: 5, depth: 2 });
    const spec = freeSpec(5, { input: { size: free, overlap: 32 } });
    const statsOf = async (mask: Partial<MaskPlan>) => {
      const made = await answered({ spec, graph, image, mask, job: { answers: [plan('stats')] } });
      return JSON.parse(Buffer.from(made.answers[0]!.bytes).toString()) as { classes: { id: number; score: number }[] };
    };
    const [whole, tiled] = [await statsOf({}), await statsOf({ tile })];
    assert.deepEqual(
      tiled.classes.map(({ id }) => id),
      whole.classes.map(({ id }) => id),
    );
    for (const [at, { score }] of tiled.classes.entries())
      assert.ok(Math.abs(score - whole.classes[at]!.score) < 0.002);
  });

  it('end between two of them when the caller has left', async () => {
    const image = await png(texture(400, 400), 400, 400);
    const graph = convolution({ classes: 5, depth: 4 });
    const controller = new AbortController();
    let runs = 0;
    const spec = freeSpec(5, { input: { size: free, overlap: 32 } });
    const counted = {
      ...spec,
      get manifest() {
        runs += 1;
        if (runs === 200) controller.abort();
        return spec.manifest;
      },
    };
    const job = { signal: controller.signal };
    await assert.rejects(answered({ spec: counted, graph, image, mask: { tile: { width: 32, height: 32 } }, job }), {
      code: 'cancelled',
    });
    const most = runs;
    runs = 300;
    await answered({ spec: counted, graph, image, mask: { tile: { width: 32, height: 32 } } });
    assert.ok(most < (runs - 300) / 2, `${most} of ${runs - 300} looks at the manifest`);
  });
});

function largestDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);
}

/** Of the columns from `left` to `right`. */
function meanDifference(
  map: Uint8Array,
  other: Uint8Array,
  width: number,
  height: number,
  left: number,
  right: number,
) {
  let sum = 0;
  for (let y = 0; y < height; y++) {
    for (let at = y * width + left; at < y * width + right; at++) sum += map[at]! - other[at]!;
  }
  return sum / (height * (right - left));
}
