import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import {
  type AnswerKind,
  InstancesSchema,
  type Panoptic,
  type PanopticManifestSource,
  PanopticSchema,
  StatsSchema,
} from '@segserve/contract';
import type { Engine } from '../packages/server/src/domain/engineDoor.ts';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import type { AnswerRequest, SegmentRequest } from '../packages/server/src/domain/request.ts';
import { openInProcess } from '../packages/server/src/engine/inProcess.ts';
import { loadPackage } from '../packages/server/src/models/loadPackage.ts';
import { pixelsOf, png } from '../packages/server/src/pipeline/testing/pictures.ts';
import { type ColorQuery, type QueryGraph, queryGraph } from '../packages/server/src/pipeline/testing/queryGraph.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';

const root = temporaryFolder();
const side = 64;
const labels = ['car', 'sky', 'tree'];
const palette: [number, number, number][] = [
  [10, 20, 30],
  [40, 50, 160],
  [70, 180, 90],
];

/** Of three classes and nothing. */
function sure(index: number, logit = 6): number[] {
  return Array.from({ length: 4 }, (_, at) => (at === index ? logit : 0));
}

const queries: readonly ColorQuery[] = [
  { logits: sure(0, 5), mask: [60, 0, 0, -30] }, // a red car
  { logits: sure(0, 7), mask: [0, 60, 0, -30] }, // a green one
  { logits: sure(1, 6), mask: [0, 0, 60, -30] }, // blue sky
  { logits: sure(1, 4), mask: [-60, -60, -60, 30] }, // the same by night
  { logits: sure(3), mask: [60, 60, 60, 20] }, // nothing, everywhere
  { logits: sure(0, 3), mask: [60, 0, 0, -30] }, // the red car once more, less sure
];

type Changes = Partial<Omit<PanopticManifestSource, 'schema' | 'task' | 'input'>> & {
  readonly task?: string;
  readonly input?: object;
};

let written = 0;

function write(graph: Partial<QueryGraph> = {}, { input, ...changes }: Changes = {}): string {
  const name = `scene-${++written}`;
  const folder = path.join(root, name, '1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'graph.onnx'), queryGraph({ input: [side, side], queries, ...graph }));
  const manifest = {
    ...{ schema: 1, name, version: '1', task: 'panoptic', licence: 'CC0-1.0', graph: 'graph.onnx' },
    ...{ labels, palette, things: ['car'], output: { family: 'queries' } },
    ...changes,
    input: { size: { rule: 'fixed', width: side, height: side }, fit: 'letterbox', kernel: 'nearest', ...input },
  };
  writeFileSync(path.join(folder, 'model.yaml'), JSON.stringify(manifest));
  return folder;
}

async function openWith(...words: Parameters<typeof write>): Promise<{ engine: Engine; model: string }> {
  const spec = await loadPackage(write(...words));
  const options = { limits: defaultLimits, threads: 1, checkGoldens: false };
  const engine = await openInProcess({ models: [spec], ...options });
  after(() => engine.close());
  return { engine, model: spec.manifest.name };
}

/** 128×64: night on the left, blue on the right, and a red and a green block of 32×32 and 24×24. */
const picture = await png(drawn(), 128, 64);

function drawn(): Buffer {
  const data = Buffer.alloc(128 * 64 * 3);
  const fill = (left: number, top: number, width: number, height: number, channel: number) => {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) data.fill(0, (y * 128 + x) * 3, (y * 128 + x) * 3 + 3);
      for (let x = left; x < left + width; x++) data[(y * 128 + x) * 3 + channel] = 255;
    }
  };
  fill(64, 0, 64, 64, 2);
  fill(16, 16, 32, 32, 0);
  fill(80, 8, 24, 24, 1);
  return data;
}

async function answered(
  { engine, model }: { engine: Engine; model: string },
  request: AnswerRequest,
  words: Partial<SegmentRequest> = {},
): Promise<Buffer> {
  const { answers } = await engine.segment({ model, image: picture, answers: [request], ...words });
  return Buffer.from(answers[0]!.bytes);
}

async function segmentsOf(open: { engine: Engine; model: string }, words: Partial<SegmentRequest> = {}) {
  return InstancesSchema.parse(JSON.parse((await answered(open, { kind: 'instances' }, words)).toString())).instances;
}

/** The PNG and the JSON of one request. */
async function pairOf(open: { engine: Engine; model: string }, changes: Partial<AnswerRequest> = {}) {
  const { answers } = await open.engine.segment({
    model: open.model,
    image: picture,
    answers: [
      { kind: 'panoptic', ...changes },
      { kind: 'panoptic', format: 'json', ...changes },
    ],
  });
  const [map, file] = answers.map(({ bytes }) => Buffer.from(bytes));
  return { map: await pixelsOf(map!), file: PanopticSchema.parse(JSON.parse(file!.toString())) };
}

/** What panopticapi demands of a PNG and its JSON (evaluation.py, `pq_compute_single_core`), and their boxes besides. */
function checkPair({
  map,
  file,
}: Awaited<ReturnType<typeof pairOf>>): Panoptic['annotations'][number]['segments_info'] {
  assert.equal(map.channels, 3);
  const areas = new Map<number, number>();
  const boxes = new Map<number, [number, number, number, number]>();
  for (let at = 0; at < map.width * map.height; at++) {
    const id = map.data[at * 3]! + 256 * map.data[at * 3 + 1]! + 65_536 * map.data[at * 3 + 2]!;
    if (id === 0) continue;
    const [x, y] = [at % map.width, Math.floor(at / map.width)];
    const [left, top, right, bottom] = boxes.get(id) ?? [x, y, x, y];
    areas.set(id, (areas.get(id) ?? 0) + 1);
    boxes.set(id, [Math.min(left, x), Math.min(top, y), Math.max(right, x), Math.max(bottom, y)]);
  }
  const { segments_info: segments } = file.annotations[0]!;
  assert.deepEqual(
    segments.map(({ id }) => id).toSorted((a, b) => a - b),
    [...areas.keys()].toSorted((a, b) => a - b),
    'the PNG has the ids of the JSON, and no others',
  );
  const categories = new Map(file.categories.map((one) => [one.id, one]));
  for (const { id, area, bbox, category_id, isthing, iscrowd } of segments) {
    const [left, top, right, bottom] = boxes.get(id)!;
    assert.equal(area, areas.get(id));
    assert.deepEqual(bbox, [left, top, right - left + 1, bottom - top + 1]);
    assert.equal(categories.get(category_id)?.isthing, isthing);
    assert.equal(iscrowd, 0);
  }
  const stuff = segments.filter(({ isthing }) => isthing === 0).map((one) => one.category_id);
  assert.equal(new Set(stuff).size, stuff.length, 'one segment for each class of stuff');
  assert.deepEqual(file.images, [{ id: 1, file_name: '', width: map.width, height: map.height }]);
  return segments;
}

describe('a package of task panoptic', () => {
  test('gives things one by one and stuff as one, each in the picture’s own pixels', async () => {
    const open = await openWith();
    const model = open.engine.model(open.model);
    assert.equal(model.state, 'ready', model.error ?? '');
    assert.equal(model.fused, true);
    assert.deepEqual(
      model.labels.map(({ label }) => label),
      ['car', 'sky', 'tree', 'background'],
    );
    const made = await segmentsOf(open);
    assert.deepEqual(
      made.map(({ id, label, thing }) => [id, label, thing]),
      [
        [1, 'car', true],
        [2, 'car', true],
        [3, 'sky', false],
      ],
    );
    const [green, red, sky] = made;
    assert.deepEqual(sky!.box, { x: 0, y: 0, width: 128, height: 64 });
    for (const [car, box] of [
      [green!, { x: 80, y: 8, width: 24, height: 24 }],
      [red!, { x: 16, y: 16, width: 32, height: 32 }],
    ] as const) {
      for (const key of ['x', 'y', 'width', 'height'] as const) {
        assert.ok(Math.abs(car.box[key] - box[key]) <= 4, `${key}: ${car.box[key]} for ${box[key]}`);
      }
    }
    assert.ok(sky!.score > 0.9 && sky!.score < Math.exp(6) / (Math.exp(6) + 3), 'between those of its two parts');
    assert.equal(sky!.color, '#2832a0', 'stuff is shown in its class’s colour');
    assert.notEqual(red!.color, green!.color);
  });

  test('gives a PNG and a JSON of one map, as COCO has them', async () => {
    const segments = checkPair(await pairOf(await openWith()));
    assert.deepEqual(
      segments.map(({ label, isthing }) => [label, isthing]),
      [
        ['car', 1],
        ['car', 1],
        ['sky', 0],
      ],
    );
  });

  test('keeps PNG and JSON in step where segments are tidied, merged or chosen', async () => {
    const open = await openWith();
    const merged = checkPair(await pairOf(open, { merge: [{ classes: ['sky', 'tree'], label: 'behind' }] }));
    assert.deepEqual(merged.map(({ label }) => label).toSorted(), ['behind', 'car', 'car']);
    const tidied = checkPair(await pairOf(open, { minArea: 600, fillHoles: 1200 }));
    assert.equal(tidied.filter(({ label }) => label === 'car').length, 1);
    assert.deepEqual(
      checkPair(await pairOf(open, { classes: ['sky'] })).map(({ label }) => label),
      ['sky'],
    );
  });

  test('merges two kinds of stuff into one segment', async () => {
    const green = [{ logits: sure(2, 7), mask: [0, 60, 0, -30] }] as const;
    const open = await openWith({ queries: [...queries.slice(0, 1), ...green, ...queries.slice(2)] });
    assert.equal(checkPair(await pairOf(open)).length, 3);
    const merged = checkPair(await pairOf(open, { merge: [{ classes: ['sky', 'tree'], label: 'behind' }] }));
    assert.deepEqual(merged.map(({ label }) => label).toSorted(), ['behind', 'car']);
  });

  test('gives every answer that it names, and a class map whose rest is background', async () => {
    const open = await openWith();
    const { answers: kinds } = open.engine.model(open.model);
    for (const kind of ['labels', 'color', 'overlay', 'cutout', 'instances', 'panoptic', 'coco', 'svg'] as const) {
      assert.ok(kinds.includes(kind), kind);
    }
    for (const kind of ['topk', 'scores', 'uncertainty'] as const) assert.ok(!kinds.includes(kind), kind);
    for (const kind of kinds as AnswerKind[]) assert.ok((await answered(open, { kind })).length > 0, kind);
    const map = await pixelsOf(await answered(open, { kind: 'labels' }));
    const at = (x: number, y: number) => map.data[(y * 128 + x) * map.channels];
    assert.deepEqual([at(32, 32), at(88, 20), at(4, 4), at(120, 60)], [0, 0, 1, 1]);
    const { classes } = StatsSchema.parse(JSON.parse((await answered(open, { kind: 'stats' })).toString()));
    assert.ok(classes.every(({ label }) => labels.includes(label) || label === 'background'));
  });

  test('shows things in colours of their own and stuff in its class’s, and cuts out the things alone', async () => {
    const open = await openWith();
    const overlay = await pixelsOf(await answered(open, { kind: 'overlay', format: 'png', opacity: 1 }));
    const at = (x: number, y: number) => [...overlay.data.subarray((y * 128 + x) * 3, (y * 128 + x) * 3 + 3)];
    assert.deepEqual(at(4, 60), palette[1], 'sky');
    assert.notDeepEqual(at(32, 32), at(88, 20), 'two cars');
    const alpha = await pixelsOf(await answered(open, { kind: 'alpha' }));
    const opacity = (x: number, y: number) => alpha.data[(y * 128 + x) * alpha.channels];
    assert.deepEqual([opacity(32, 32), opacity(88, 20), opacity(4, 60), opacity(120, 60)], [255, 255, 0, 0]);
    const sky = await pixelsOf(await answered(open, { kind: 'alpha', classes: ['sky'] }));
    assert.deepEqual([sky.data[0], sky.data[(32 * 128 + 32) * sky.channels]], [255, 0]);
  });

  test('says so where nothing is found: an empty list, a map of nothing', async () => {
    const open = await openWith();
    assert.deepEqual(await segmentsOf(open, { scoreThreshold: 1 }), []);
    const { engine, model } = open;
    const answers = [{ kind: 'panoptic' }, { kind: 'labels' }] as const;
    const made = await engine.segment({ model, image: picture, answers, scoreThreshold: 1 });
    const [ids, classes] = await Promise.all(made.answers.map(({ bytes }) => pixelsOf(bytes)));
    assert.ok(ids!.data.every((value) => value === 0));
    assert.ok(classes!.data.every((value) => value === 3));
  });

  test('heeds scoreThreshold, threshold and maxInstances of a request', async () => {
    const open = await openWith();
    assert.equal((await segmentsOf(open, { maxInstances: 1 })).length, 1);
    assert.equal((await segmentsOf(open, { scoreThreshold: 0.985 })).length, 2);
    await assert.rejects(segmentsOf(open, { scoreThreshold: 7 }), { code: 'invalid_request' });
  });

  test('gives the same with and without fusion, in one place of the sigmoid or another', async () => {
    const facts = async (...words: Parameters<typeof write>) =>
      (await segmentsOf(await openWith(...words))).map(({ label, area }) => [label, Math.round(area / 400)]);
    const usual = await facts();
    assert.deepEqual(await facts({}, { fusion: 'off' }), usual);
    for (const sigmoidAt of ['output', 'input', 'picture'] as const) {
      assert.deepEqual(await facts({}, { output: { family: 'queries', sigmoidAt } }), usual, sigmoidAt);
    }
  });

  test('fills in a padding mask, and reads no output that nobody needs', async () => {
    const usual = await segmentsOf(await openWith());
    const detr = await openWith({ names: ['logits', 'pred_masks'], takesMask: true, others: true });
    assert.deepEqual(await segmentsOf(detr), usual);
    assert.equal(detr.engine.model(detr.model).fused, true);
    const plain = await openWith({ names: ['pred_logits', 'pred_masks'], takesMask: true }, { fusion: 'off' });
    assert.deepEqual(await segmentsOf(plain), usual);
  });

  test('finds outputs of any name by their shapes, or by the names that the manifest gives', async () => {
    const usual = await segmentsOf(await openWith());
    assert.deepEqual(await segmentsOf(await openWith({ names: ['a', 'b'] })), usual);
    const output = { family: 'queries', classes: 'a', masks: 'b' } as const;
    assert.deepEqual(await segmentsOf(await openWith({ names: ['a', 'b'], others: true }, { output })), usual);
  });

  test('gives the segments of DETR’s own rule, by which every pixel has one', async () => {
    const open = await openWith({}, { output: { family: 'queries', assign: 'logits', scoreThreshold: 0.8 } });
    const segments = checkPair(await pairOf(open));
    assert.equal(
      segments.reduce((sum, { area }) => sum + area, 0),
      128 * 64,
    );
  });
});

describe('a package of task instance with output.family queries', () => {
  test('gives each query that is sure as an instance of its class, masks that overlap included', async () => {
    const open = await openWith({}, { task: 'instance', things: undefined });
    const made = await segmentsOf(open);
    assert.deepEqual(
      made.map(({ label }) => label),
      ['car', 'sky', 'car', 'sky', 'car'],
    );
    assert.ok(made.every(({ thing }) => thing === undefined));
    assert.equal(made[2]!.area, made[4]!.area, 'the red car twice, since instances may overlap');
    await assert.rejects(answered(open, { kind: 'panoptic' }), { code: 'unknown_answer' });
  });
});

describe('a package that contradicts itself', () => {
  const errorOf = async (...words: Parameters<typeof write>) => {
    const { engine, model } = await openWith(...words);
    return engine.model(model).error ?? 'no error';
  };

  test('is refused where the labels are not as many as the graph’s classes, with both numbers', async () => {
    assert.match(
      await errorOf({}, { labels: [...labels, 'dog'], palette: [...palette, [1, 1, 1]] }),
      /output of 5 scores for each query, one for each of the 4 labels of scene-\d+:1 and one for nothing \(nullClass: last\) but received "class_queries_logits" of 4/,
    );
    assert.match(
      await errorOf({}, { output: { family: 'queries', nullClass: 'none' } }),
      /output of 3 scores .* but received "class_queries_logits" of 4/,
    );
  });

  test('is refused where an output that it names is not there', async () => {
    assert.match(
      await errorOf({}, { output: { family: 'queries', masks: 'masks' } }),
      /output\.masks of scene-\d+:1 to be one of class_queries_logits, masks_queries_logits but received masks/,
    );
  });

  test('is told of where its masks are no numbers', async () => {
    const open = await openWith({ broken: true });
    const expected = { code: 'model_invalid', message: /scores that are numbers but received NaN/ };
    await assert.rejects(segmentsOf(open), expected);
    await assert.rejects(
      segmentsOf(await openWith({ broken: true }, { task: 'instance', things: undefined })),
      expected,
    );
  });

  test('is refused where things are not among the labels, or nobody says which classes are things', async () => {
    await assert.rejects(
      openWith({}, { things: ['car', 'dog'] }),
      /things: expected classes among the labels \(car, sky, tree\); found dog/,
    );
    await assert.rejects(openWith({}, { things: [3] }), /found 3\./);
    await assert.rejects(openWith({}, { things: undefined }), /things: expected a list of classes, or a preset/);
    await assert.rejects(openWith({}, { things: 'coco133' }), /coco133 with 133 labels; found 3 labels/);
  });

  test('is refused with resizeIn: graph and with tiles', async () => {
    await assert.rejects(
      openWith({}, { input: { resizeIn: 'graph' } }),
      /task: panoptic needs input\.resizeIn: pipeline/,
    );
    await assert.rejects(openWith({}, { input: { fit: 'tile' } }), /input\.fit: tile needs task: semantic or matting/);
  });
});
