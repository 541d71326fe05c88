import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Coco, CocoSchema, InstancesSchema, PolygonsSchema, StatsSchema } from '@segserve/contract';
import { tidyOptions } from '../../domain/tidyOptions.ts';
import { planAnswers } from '../../engine/plan.ts';
import { encode } from '../encode.ts';
import { measured, spansOf } from '../instances/spans.ts';
import { Scene, type SceneParts } from '../scene.ts';
import { instanceSpec } from '../testing/instanceGraphs.ts';
import { pixelsOf, plan, randomFrom } from '../testing/pictures.ts';
import { colorNames, tinySpec } from '../testing/tinySpec.ts';
import { componentIds } from './componentIds.ts';
import { tidyAlpha } from './tidyAlpha.ts';
import { tidyLabels } from './tidyLabels.ts';

/** Digits are classes, a space is 0. */
function map(...rows: readonly string[]): { data: Uint8Array; width: number; height: number } {
  const data = Uint8Array.from(rows.join(''), (sign) => Number(sign));
  return { data, width: rows[0]!.length, height: rows.length };
}

function tidy(rows: readonly string[], wish: { minArea?: number; fillHoles?: number }, background?: number): string[] {
  const { data, width, height } = map(...rows);
  const out = tidyLabels(data, { width, height }, background, { minArea: 0, fillHoles: 0, ...wish });
  return rows.map((_, y) => [...out.subarray(y * width, (y + 1) * width)].join(''));
}

describe('small regions of a class map', () => {
  it('become what lies along most of their border', () => {
    assert.deepEqual(tidy(['1112', '1312', '1112'], { minArea: 2 }), ['1112', '1112', '1112']);
    assert.deepEqual(tidy(['1322', '1322', '1222'], { minArea: 3 }), ['1222', '1222', '1222']);
  });

  it('go the smallest first, so that a speck in a speck goes with it', () => {
    assert.deepEqual(tidy(['11111', '12221', '12321', '12221', '11111'], { minArea: 10 }), new Array(5).fill('11111'));
    assert.deepEqual(tidy(['11111', '12221', '12321', '12221', '11111'], { minArea: 9 }), [
      '11111',
      '12221',
      '12221',
      '12221',
      '11111',
    ]);
  });

  it('stay where the whole picture is smaller', () => {
    assert.deepEqual(tidy(['11', '11'], { minArea: 100 }), ['11', '11']);
  });

  it('are gone in any map, and nothing else has changed', () => {
    const random = randomFrom(4);
    for (let round = 0; round < 60; round++) {
      const [width, height] = [2 + Math.floor(random() * 30), 2 + Math.floor(random() * 30)];
      const rough = Math.ceil(random() * 4);
      const cells = Uint8Array.from({ length: 1000 }, () => Math.floor(random() * 4));
      const data = Uint8Array.from({ length: width * height }, (_, at) => {
        return random() < 0.1
          ? Math.floor(random() * 4)
          : cells[Math.floor((at % width) / rough) + 31 * Math.floor(at / width / rough)]!;
      });
      const minArea = 1 + Math.floor(random() * 12);
      const out = tidyLabels(data, { width, height }, undefined, { minArea, fillHoles: 0 });
      const before = componentIds(data, { width, height });
      const after = componentIds(out, { width, height });
      assert.ok(after.pixels.length === 1 || after.pixels.every((pixels) => pixels >= minArea), `round ${round}`);
      const hasLarge = before.pixels.some((pixels) => pixels >= minArea);
      for (const [at, value] of data.entries()) {
        if (hasLarge && before.pixels[before.ids[at]!]! >= minArea) assert.equal(out[at], value);
      }
    }
  });

  it('are too many in noise, which is said before the memory is full', () => {
    const random = randomFrom(8);
    const data = Uint8Array.from({ length: 1200 * 1200 }, () => random() * 20);
    assert.throws(() => tidyLabels(data, { width: 1200, height: 1200 }, undefined, { minArea: 3, fillHoles: 0 }), {
      code: 'image_too_large',
    });
  });
});

describe('holes of a class map', () => {
  const rows = ['00000000', '01111110', '01001220', '01111220', '00000000'];

  it('are filled where one class surrounds them', () => {
    assert.deepEqual(tidy(rows, { fillHoles: 2 }, 0), ['00000000', '01111110', '01111220', '01111220', '00000000']);
    assert.deepEqual(tidy(rows, { fillHoles: 1 }, 0), rows);
  });

  it('are no holes between two classes, at the picture’s edge, or of another class than the background', () => {
    for (const open of [
      ['1122', '1002', '1122'],
      ['1111', '0111', '1111'],
      ['1111', '1211', '1111'],
    ]) {
      assert.deepEqual(tidy(open, { fillHoles: 9 }, 0), open);
    }
    assert.deepEqual(tidy(['1111', '1211', '1111'], { fillHoles: 9 }), ['1111', '1111', '1111']);
  });
});

describe('an opacity', () => {
  const size = { width: 7, height: 5 };
  const alpha = Uint8Array.of(
    ...[0, 0, 0, 0, 0, 0, 0],
    ...[90, 0, 0, 255, 255, 255, 0],
    ...[200, 0, 0, 255, 60, 255, 0],
    ...[90, 0, 0, 255, 255, 255, 0],
    ...[0, 0, 0, 0, 0, 0, 0],
  );

  it('loses specks with their soft edge, by their pixels from the threshold on', () => {
    const out = tidyAlpha(alpha, size, 0.5, { minArea: 2, fillHoles: 0 });
    assert.deepEqual([out[7], out[14], out[21], out[10], out[18]], [0, 0, 0, 255, 60]);
    assert.deepEqual(tidyAlpha(alpha, size, 0.5, { minArea: 1, fillHoles: 0 }), alpha);
  });

  it('has its holes filled, but not what reaches the edge', () => {
    const out = tidyAlpha(alpha, size, 0.5, { minArea: 0, fillHoles: 1000 });
    assert.deepEqual([out[18], out[0], out[14]], [255, 0, 200]);
  });
});

function sceneOf(parts: Partial<SceneParts> & Pick<SceneParts, 'width' | 'height' | 'spec'>): Scene {
  const photo = () => Promise.reject(new Error('no photo'));
  return new Scene({ threshold: 0.5, labels: undefined, alpha: undefined, score: undefined, photo, ...parts });
}

const json = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString());

describe('answers of a request', () => {
  const { data, width, height } = map('0000000', '0111020', '0101000', '0111002', '0000022');
  const spec = tinySpec({ background: 0, labels: colorNames });
  const scene = sceneOf({ spec, width, height, labels: data });

  it('all show the same tidy mask, and the next request the old one', async () => {
    const wish = { minArea: 2, fillHoles: 1 };
    const labels = await encode(scene, plan('labels', wish));
    const { data: shown, channels } = await pixelsOf(labels.bytes);
    const at = (x: number, y: number) => shown[(y * width + x) * channels];
    assert.deepEqual([at(2, 2), at(5, 1), at(5, 4)], [1, 0, 2]);
    const { regions } = PolygonsSchema.parse(
      json((await encode(scene, plan('polygons', { ...wish, tolerance: 0 }))).bytes),
    );
    assert.deepEqual(
      regions.map(({ class: index, pixels, holes }) => [index, pixels, holes.length]),
      [
        [1, 9, 0],
        [2, 3, 0],
      ],
    );
    const stats = StatsSchema.parse(json((await encode(scene, plan('stats', wish))).bytes));
    assert.deepEqual(
      stats.classes.map(({ id, pixels }) => [id, pixels]),
      [
        [0, 23],
        [1, 9],
        [2, 3],
      ],
    );
    const before = StatsSchema.parse(json((await encode(scene, plan('stats'))).bytes));
    assert.deepEqual(
      before.classes.map(({ id, pixels }) => [id, pixels]),
      [
        [0, 23],
        [1, 8],
        [2, 4],
      ],
    );
  });

  it('merge classes under a name of their own, by which they can be asked for', async () => {
    const options = tidyOptions('coco', { minArea: undefined, fillHoles: undefined, merge: ['green+blue:plant'] });
    const [coco, stats] = planAnswers(spec, [
      { kind: 'coco', ...options, classes: ['plant'] },
      { kind: 'stats', ...options },
    ]);
    assert.deepEqual(coco!.foreground, [1]);
    const { categories, annotations }: Coco = CocoSchema.parse(json((await encode(scene, coco!)).bytes));
    assert.deepEqual(categories, [{ id: 1, name: 'plant' }]);
    assert.deepEqual([...new Set(annotations.map(({ category_id }) => category_id))], [1]);
    const { classes } = StatsSchema.parse(json((await encode(scene, stats!)).bytes));
    assert.deepEqual(
      classes.map(({ label, pixels }) => [label, pixels]),
      [
        ['red', 23],
        ['plant', 12],
      ],
    );
    const [byPart] = planAnswers(spec, [{ kind: 'alpha', ...options, classes: ['blue'] }]);
    assert.deepEqual(byPart!.foreground, [1]);
  });

  it('refuse a merge that says nothing, names no class, or names one twice', () => {
    const asked = (merge: string, of = spec) =>
      planAnswers(of, [{ kind: 'labels', ...tidyOptions('labels', { minArea: 1, fillHoles: 1, merge: [merge] }) }]);
    for (const wrong of ['green', ':plant', 'green+:plant', 'green:'])
      assert.throws(() => asked(wrong), /merge as classes and a name/);
    assert.throws(() => asked('green+purple:plant'), /classes of tiny:1 \(red, green, blue\) but received purple/);
    assert.throws(() => asked('green+green:plant'), /each class in one merge at most but received green twice/);
    assert.throws(() => asked('background:plant', tinySpec({ task: 'matting' })), /leave "merge" out/);
    assert.deepEqual(tidyOptions('topk', { minArea: 1, fillHoles: 1, merge: ['a:b'] }), {});
  });

  it('tidy each instance for itself, and leave out those of which nothing is left', async () => {
    const things = [
      map('0000000', '0111000', '0101020', '0111000', '0000000'),
      map('0000000', '0000000', '0000020', '0000000', '0000000'),
    ];
    const box = { x: 0, y: 0, width: 7, height: 5 };
    const instances = things.map((thing, at) => {
      const spans = spansOf(thing.data, box, 7);
      return { id: at + 1, class: at, score: 0.9 - at / 10, spans, ...measured(spans, 7)! };
    });
    const found = sceneOf({
      spec: instanceSpec({ family: 'yolo' }, [5, 7], ['a', 'b']),
      width: 7,
      height: 5,
      instances,
    });
    const tidyAnswer = await encode(found, plan('instances', { minArea: 2, fillHoles: 1 }));
    const kept = InstancesSchema.parse(json(tidyAnswer.bytes)).instances;
    assert.deepEqual(
      kept.map(({ id, area, box: own }) => [id, area, own]),
      [[1, 9, { x: 1, y: 1, width: 3, height: 3 }]],
    );
    const merged = await encode(found, plan('instances', { merge: [{ classes: [0, 1], into: 0, label: 'thing' }] }));
    assert.deepEqual(
      InstancesSchema.parse(json(merged.bytes)).instances.map(({ label }) => label),
      ['thing', 'thing'],
    );
  });
});

describe('an instance', () => {
  const thing = map('11110', '10010', '10010', '11110', '00000');
  const open = map('11110', '10000', '10010', '11110', '00000');
  const spec = instanceSpec({ family: 'yolo' }, [5, 5], ['a']);
  const of = ({ data, width, height }: typeof thing) => {
    const spans = spansOf(data, { x: 0, y: 0, width, height }, width);
    return sceneOf({
      spec,
      width,
      height,
      instances: [{ id: 1, class: 0, score: 1, spans, ...measured(spans, width)! }],
    });
  };
  const areaOf = async (scene: Scene, fillHoles: number) =>
    InstancesSchema.parse(json((await encode(scene, plan('instances', { fillHoles }))).bytes)).instances[0]!.area;

  it('has its holes filled, but no bay that is open to its side', async () => {
    assert.deepEqual([await areaOf(of(thing), 4), await areaOf(of(thing), 3), await areaOf(of(open), 9)], [16, 12, 11]);
  });

  it('is tidy in a class map too, whatever was asked for before', async () => {
    const scene = of(thing);
    const classAt = async (fillHoles: number) =>
      (await pixelsOf((await encode(scene, plan('labels', { fillHoles }))).bytes)).data[(5 + 1) * 3];
    assert.deepEqual([await classAt(0), await classAt(4), await classAt(0)], [1, 0, 1]);
  });
});
