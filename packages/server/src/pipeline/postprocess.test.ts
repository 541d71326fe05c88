import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SizeRule } from '@segserve/contract';
import { place, type Size } from '../domain/geometry.ts';
import { resizeAlpha } from './postprocess/alpha.ts';
import { foregroundAlpha } from './postprocess/foreground.ts';
import { resizeNearest, type Window, windowIn } from './postprocess/labels.ts';
import { postprocess } from './postprocess.ts';
import { Scene } from './scene.ts';
import { randomFrom } from './testing/pictures.ts';
import { tinySpec } from './testing/tinySpec.ts';

const random = randomFrom(42);
const upTo = (most: number) => 1 + Math.floor(random() * most);

describe('resizeNearest', () => {
  it('takes the pixel in which each target pixel’s centre lies', () => {
    for (let round = 0; round < 200; round++) {
      const from = { width: upTo(40), height: upTo(40) };
      const to = { width: upTo(90), height: upTo(90) };
      const source = Uint8Array.from({ length: from.width * from.height }, () => random() * 256);
      const window = windowOf(from);
      const out = resizeNearest(source, from, window, to);
      for (let y = 0; y < to.height; y++) {
        for (let x = 0; x < to.width; x++) {
          const column = Math.floor(window.x + ((x + 0.5) * window.width) / to.width);
          const row = Math.floor(window.y + ((y + 0.5) * window.height) / to.height);
          assert.equal(out[y * to.width + x], source[row * from.width + column]);
        }
      }
    }
  });

  it('gives a map of the same size back as it is, of 8 and of 16 bits', () => {
    for (const source of [Uint8Array.of(1, 2, 3, 4, 5, 6), Uint16Array.of(1, 300, 3, 4, 5, 65_535)]) {
      const size = { width: 3, height: 2 };
      assert.deepEqual(resizeNearest<Uint8Array | Uint16Array>(source, size, { x: 0, y: 0, ...size }, size), source);
    }
  });
});

describe('resizeAlpha', () => {
  for (const kernel of ['linear', 'cubic'] as const) {
    it(`is exact to rounding, ${kernel}, of any size to any size`, () => {
      for (let round = 0; round < 60; round++) {
        const from = { width: upTo(20), height: upTo(20) };
        const to = { width: upTo(45), height: upTo(45) };
        const source = Uint8Array.from({ length: from.width * from.height }, () => random() * 256);
        const window = windowOf(from);
        const out = resizeAlpha(source, from, window, to, kernel);
        const exact = slowly(source, from, window, to, kernel);
        for (let index = 0; index < out.length; index++) {
          const off = Math.abs(out[index]! - exact[index]!);
          assert.ok(
            off <= 0.51,
            `${JSON.stringify({ from, to, window })} at ${index}: ${out[index]}, exactly ${exact[index]}`,
          );
        }
      }
    });

    it(`keeps an even opacity even, ${kernel}`, () => {
      for (const to of [
        { width: 1, height: 1 },
        { width: 1, height: 500 },
        { width: 333, height: 7 },
      ]) {
        const from = { width: 16, height: 9 };
        const out = resizeAlpha(new Uint8Array(16 * 9).fill(201), from, { x: 0, y: 0, ...from }, to, kernel);
        assert.ok(out.every((value) => value === 201));
      }
    });
  }

  it('never mixes the letterbox’s padding in', () => {
    const from = { width: 16, height: 16 };
    const window = { x: 0, y: 4, width: 16, height: 8 };
    const source = new Uint8Array(256).fill(255, 4 * 16, 12 * 16);
    for (const kernel of ['nearest', 'linear', 'cubic'] as const) {
      for (const to of [
        { width: 100, height: 50 },
        { width: 3, height: 2 },
      ]) {
        assert.ok(
          resizeAlpha(source, from, window, to, kernel).every((value) => value === 255),
          kernel,
        );
      }
    }
  });
});

describe('postprocess', () => {
  it('finds the picture again in every placement, whatever the size of picture, input and output', () => {
    const rules = (): SizeRule[] => [
      { rule: 'fixed', width: upTo(64), height: upTo(64) },
      { rule: 'shortSide', pixels: upTo(64), multiple: upTo(16), maxSide: 96 },
      { rule: 'longSide', pixels: upTo(64), multiple: upTo(16), maxSide: 96 },
      { rule: 'free', multiple: upTo(16), maxSide: 96 },
    ];
    for (let round = 0; round < 150; round++) {
      for (const size of rules()) {
        const fit = round % 2 ? 'letterbox' : 'stretch';
        const picture = round % 5 ? { width: upTo(200), height: upTo(200) } : { width: upTo(2), height: upTo(5000) };
        const placement = place(picture, { size, fit });
        const { input, region } = placement;
        assert.ok(region.x >= 0 && region.y >= 0 && region.width >= 1 && region.height >= 1);
        assert.ok(region.x + region.width <= input.width && region.y + region.height <= input.height);
        const output = { width: upTo(64), height: upTo(64) };
        const labels = new Uint8Array(output.width * output.height).fill(1);
        const made = postprocess(
          { ...output, labels, alpha: undefined, score: undefined },
          tinySpec(),
          placement,
          picture,
          false,
        );
        assert.equal(made.labels?.length, picture.width * picture.height);
      }
    }
  });

  it('shows only the picture’s part of a letterbox, also where the output is smaller than the input', () => {
    const spec = tinySpec({ input: { size: { rule: 'fixed', width: 64, height: 64 }, fit: 'letterbox' } });
    const picture = { width: 100, height: 50 };
    const placement = place(picture, spec.manifest.input);
    for (const side of [64, 32, 16]) {
      const labels = new Uint8Array(side * side).fill(7);
      labels.fill(1, side * (side / 4), side * (side / 2)).fill(2, side * (side / 2), side * (side * 0.75));
      const raw = { width: side, height: side, labels, alpha: undefined, score: undefined };
      const made = postprocess(raw, spec, placement, picture, false).labels!;
      assert.ok(made.subarray(0, 2500).every((value) => value === 1));
      assert.ok(made.subarray(2500).every((value) => value === 2));
    }
  });

  it('says so when the graph gives no opacity for a matting model', () => {
    const raw = { width: 1, height: 1, labels: Uint8Array.of(1), alpha: undefined, score: undefined };
    const picture = { width: 1, height: 1 };
    const spec = tinySpec({ task: 'matting' });
    assert.throws(() => postprocess(raw, spec, place(picture, spec.manifest.input), picture, false), {
      code: 'model_invalid',
    });
  });
});

describe('foregroundAlpha', () => {
  const scene = (changes: Parameters<typeof tinySpec>[0], planes: { labels?: Uint8Array; alpha?: Uint8Array }) =>
    new Scene({
      spec: tinySpec(changes),
      width: 3,
      height: 1,
      threshold: 0.5,
      labels: planes.labels,
      alpha: planes.alpha,
      score: undefined,
      photo: () => Promise.reject(new Error('not asked for')),
    });

  it('of a semantic model: the chosen classes, or all but the background', () => {
    const labels = Uint8Array.of(0, 1, 2);
    assert.deepEqual([...foregroundAlpha(scene({}, { labels }), [1, 2])], [0, 255, 255]);
    assert.deepEqual([...foregroundAlpha(scene({ background: 1 }, { labels }), undefined)], [255, 0, 255]);
    assert.deepEqual([...foregroundAlpha(scene({}, { labels }), undefined)], [255, 255, 255]);
  });

  it('of a matting model: its opacity, or what is left of it for the background', () => {
    const alpha = Uint8Array.of(0, 100, 255);
    const matting = { task: 'matting' } as const;
    assert.deepEqual([...foregroundAlpha(scene(matting, { alpha }), undefined)], [0, 100, 255]);
    assert.deepEqual([...foregroundAlpha(scene(matting, { alpha }), [1])], [0, 100, 255]);
    assert.deepEqual([...foregroundAlpha(scene(matting, { alpha }), [0])], [255, 155, 0]);
  });

  it('a matting model’s class is 1 from the threshold on', () => {
    const alpha = Uint8Array.of(127, 128, 255);
    assert.deepEqual([...scene({ task: 'matting' }, { alpha }).labels.data], [0, 1, 1]);
  });
});

/** The whole map, or a part of it with corners anywhere. */
function windowOf(from: Size): Window {
  if (random() < 0.4) return windowIn(from, from, { x: 0, y: 0, ...from });
  const x = random() * (from.width - 0.6);
  const y = random() * (from.height - 0.6);
  return { x, y, width: 0.5 + random() * (from.width - x - 0.5), height: 0.5 + random() * (from.height - y - 0.5) };
}

/** Both directions at once, in float64, by the definition. */
function slowly(source: Uint8Array, from: Size, window: Window, to: Size, kernel: 'linear' | 'cubic'): number[] {
  const columns = Array.from({ length: to.width }, (_, x) =>
    weightsAt(x, window.x, window.width, from.width, to.width, kernel),
  );
  const rows = Array.from({ length: to.height }, (_, y) =>
    weightsAt(y, window.y, window.height, from.height, to.height, kernel),
  );
  return rows.flatMap((row) =>
    columns.map((column) => {
      let sum = 0;
      for (const [y, rowWeight] of row) {
        for (const [x, weight] of column) sum += rowWeight * weight * source[y * from.width + x]!;
      }
      return Math.min(Math.max(sum, 0), 255);
    }),
  );
}

function weightsAt(
  at: number,
  start: number,
  length: number,
  side: number,
  newSide: number,
  kernel: 'linear' | 'cubic',
) {
  const stretch = Math.max(1, length / newSide);
  const centre = start + ((at + 0.5) * length) / newSide - 0.5;
  const least = Math.floor(start);
  const most = Math.min(Math.ceil(start + length), side) - 1;
  const weights: [place: number, weight: number][] = [];
  for (let place = Math.floor(centre - 2 * stretch); place <= centre + 2 * stretch + 1; place++) {
    const d = Math.abs(place - centre) / stretch;
    const cubic = d < 1 ? 1.5 * d ** 3 - 2.5 * d ** 2 + 1 : d < 2 ? -0.5 * d ** 3 + 2.5 * d ** 2 - 4 * d + 2 : 0;
    weights.push([Math.min(Math.max(place, least), most), kernel === 'linear' ? Math.max(0, 1 - d) : cubic]);
  }
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  return weights.map(([place, weight]) => [place, weight / sum] as const);
}
