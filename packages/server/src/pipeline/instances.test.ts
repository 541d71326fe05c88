import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  type AnswerKind,
  type Coco,
  CocoSchema,
  GeojsonSchema,
  type InstanceManifestSource,
  type Instances,
  InstancesSchema,
  LabelstudioSchema,
  MasksSchema,
  PolygonsSchema,
  StatsSchema,
} from '@segserve/contract';
import { defaultLimits } from '../domain/limits.ts';
import type { InstanceSpec, PreparedGraph } from '../domain/modelSpec.ts';
import type { Answer, AnswerPlan, MaskPlan } from '../domain/request.ts';
import { readHeader } from './header.ts';
import { type Job, type Outcome, openModel, runBatch } from './pipeline.ts';
import { readCocoString } from './regions/cocoRle.ts';
import { asItIs, type Given, instanceGraph, instanceSpec } from './testing/instanceGraphs.ts';
import { pixelsOf, plan, png } from './testing/pictures.ts';

const limits = defaultLimits;

/** Black, with rectangles of red. */
function redOnBlack(
  width: number,
  height: number,
  boxes: readonly (readonly [x: number, y: number, w: number, h: number])[],
) {
  const data = Buffer.alloc(width * height * 3);
  for (const [left, top, across, down] of boxes) {
    for (let y = top; y < top + down; y++) for (let x = left; x < left + across; x++) data[(y * width + x) * 3] = 255;
  }
  return png(data, width, height);
}

async function outcome(
  spec: InstanceSpec,
  graph: PreparedGraph,
  image: Uint8Array,
  answers: readonly AnswerPlan[],
  mask: Partial<MaskPlan> = {},
  changes: Partial<Job> = {},
): Promise<Outcome> {
  const model = await openModel(spec, async () => graph, { threads: 1, limits });
  const header = await readHeader(image, limits);
  let made: Outcome | undefined;
  const job = { image, header, answers, threshold: 0.5, mask: { refine: 'none', ...mask } as const, ...changes };
  await runBatch(model, [job], (_, settled) => {
    made = settled;
  });
  await model.close();
  return made!;
}

async function answered(...words: Parameters<typeof outcome>): Promise<readonly Answer[]> {
  const made = await outcome(...words);
  if ('fault' in made) throw made.fault;
  return made.result.answers;
}

function json({ bytes }: Answer): unknown {
  return JSON.parse(Buffer.from(bytes).toString());
}

async function found(...[spec, graph, image, mask]: [InstanceSpec, PreparedGraph, Uint8Array, Partial<MaskPlan>?]) {
  const [answer] = await answered(spec, graph, image, [plan('instances')], mask);
  return InstancesSchema.parse(json(answer!)).instances;
}

const facts = ({ id, class: index, box, area }: Instances['instances'][number]) => ({ id, class: index, area, ...box });

/** What v8 gives: columns of centre x, y, width, height, a score for each class, a coefficient. */
function columns(rows: readonly (readonly number[])[]): Given {
  const [first = []] = rows;
  const values = first.flatMap((_, line) => rows.map((row) => row[line]!));
  return { name: 'output0', dims: [1, first.length, rows.length], values };
}

const redPlanes = { name: 'output1', stride: 4, channels: [[40, 0, 0, -20]] } as const;
const yolo: InstanceManifestSource['output'] = { family: 'yolo' };
const labels = ['cup', 'spoon'];
const side = [64, 64] as const;
// Linear growth rounds corners: 6 pixels of each are missing below.
// The picture is 128×64: half of it as large in the input, with 16 lines above and below.
const cup = [24, 32, 16, 16, 0.9, 0.1, 1];

function yoloGraph(rows: readonly (readonly number[])[]): PreparedGraph {
  return asItIs(instanceGraph({ input: side, given: [columns(rows)], planes: redPlanes }));
}

describe('YOLO segmentation', () => {
  const picture = redOnBlack(128, 64, [[32, 16, 32, 32]]);
  const spec = instanceSpec(yolo, side, labels);

  it('gives masks in the picture’s own pixels, without the letterbox', async () => {
    assert.deepEqual((await found(spec, yoloGraph([cup]), await picture)).map(facts), [
      { id: 1, class: 0, area: 1000, x: 32, y: 16, width: 32, height: 32 },
    ]);
  });

  it('suppresses boxes of one class that overlap, and keeps those of another', async () => {
    const rows = [[25, 32, 16, 16, 0.6, 0.1, 1], cup, [24, 32, 16, 16, 0.1, 0.8, 1]];
    const scores = (await found(spec, yoloGraph(rows), await picture)).map(({ class: index, score }) => [
      index,
      score.toFixed(2),
    ]);
    assert.deepEqual(scores, [
      [0, '0.90'],
      [1, '0.80'],
    ]);
  });

  it('cuts masks to their boxes, unless told not to', async () => {
    const narrow = yoloGraph([[20, 32, 8, 16, 0.9, 0.1, 1]]);
    assert.deepEqual((await found(spec, narrow, await picture)).map(facts), [
      { id: 1, class: 0, area: 500, x: 32, y: 16, width: 16, height: 32 },
    ]);
    const uncropped = instanceSpec({ family: 'yolo', cropToBoxes: false }, side, labels);
    assert.deepEqual((await found(uncropped, narrow, await picture)).map(facts), [
      { id: 1, class: 0, area: 1000, x: 32, y: 16, width: 32, height: 32 },
    ]);
  });

  it('takes rows of zeros, which pad a finished list, for nothing, whatever the threshold', async () => {
    const rows = [16, 24, 32, 40, 0.9, 0, 1, 0, 0, 0, 0, 0, 0, 1];
    const graph = asItIs(
      instanceGraph({ input: side, given: [{ name: 'output0', dims: [1, 2, 7], values: rows }], planes: redPlanes }),
    );
    const whole = instanceSpec({ family: 'yolo', cropToBoxes: false }, side, labels);
    assert.equal((await found(whole, graph, await picture, { scoreThreshold: 0 })).length, 1);
  });

  it('multiplies the class’s score by the objectness where the head has one', async () => {
    const rows = [24, 32, 16, 16, 0.9, 0.8, 0, 1, 24, 16, 16, 16, 0.4, 0.5, 0, -1];
    const graph = asItIs(
      instanceGraph({ input: side, given: [{ name: 'output0', dims: [1, 2, 8], values: rows }], planes: redPlanes }),
    );
    assert.deepEqual(
      (await found(spec, graph, await picture)).map(({ score }) => score.toFixed(2)),
      ['0.72'],
    );
  });

  it('reads the form with objectness and the finished form, told by their shapes', async () => {
    const v5 = {
      name: 'output0',
      dims: [1, 2, 8],
      values: [24, 32, 16, 16, 0.9, 1, 0, 1, 24, 32, 16, 16, 0.2, 0, 1, 1],
    };
    const end = { name: 'output0', dims: [1, 2, 7], values: [16, 24, 32, 40, 0.9, 0, 1, 0, 0, 0, 0, 0, 0, 0] };
    for (const given of [v5, end]) {
      const graph = asItIs(instanceGraph({ input: side, given: [given], planes: redPlanes }));
      assert.deepEqual((await found(spec, graph, await picture)).map(facts), [
        { id: 1, class: 0, area: 1000, x: 32, y: 16, width: 32, height: 32 },
      ]);
    }
  });

  it('says which shapes it expected for these labels when none fits, and asks when two fit', async () => {
    const wrong = instanceSpec(yolo, side, ['a', 'b', 'c', 'd']);
    const model = await openModel(wrong, async () => yoloGraph([cup]), { threads: 1, limits });
    await assert.rejects(model.warmUp(), {
      code: 'model_invalid',
      message:
        /predictions \[1,anchors,10\] \(v5\) or \[1,9,anchors\] \(v8\) or \[1,N,7\] \(end2end\) for 4 labels and 1 prototypes but received float32 \[1,7,1\]/,
    });
    await model.close();
    const one = { name: 'output0', dims: [1, 1, 7], values: [24, 32, 16, 16, 0.9, 1, 1] };
    const graph = asItIs(instanceGraph({ input: side, given: [one], planes: redPlanes }));
    const unclear = instanceSpec(yolo, side, ['cup']);
    const refused = await outcome(unclear, graph, await picture, [plan('instances')]);
    assert.match(
      'fault' in refused ? refused.fault.message : '',
      /output.head, since for 1 labels .* v5 and end2end have one shape/,
    );
    const clear = instanceSpec({ family: 'yolo', head: 'v5' }, side, ['cup']);
    assert.equal((await found(clear, graph, await picture)).length, 1);
  });

  it('takes the request’s score threshold and number before the manifest’s', async () => {
    const rows = [cup, [24, 16, 16, 16, 0.1, 0.4, -1], [24, 48, 16, 16, 0.2, 0.1, -1]];
    const count = async (mask: Partial<MaskPlan>) => (await found(spec, yoloGraph(rows), await picture, mask)).length;
    assert.equal(await count({}), 2);
    assert.equal(await count({ scoreThreshold: 0.15 }), 3);
    assert.equal(await count({ scoreThreshold: 0.5 }), 1);
    assert.equal(await count({ scoreThreshold: 0, maxInstances: 1 }), 1);
  });

  it('calls scores that are no numbers the model’s fault', async () => {
    const rows = [cup, [24, 16, 16, 16, 0.1, Number.NaN, 1]];
    const refused = await outcome(spec, yoloGraph(rows), await picture, [plan('instances')]);
    assert.ok('fault' in refused);
    assert.equal(refused.fault.code, 'model_invalid');
    assert.match(refused.fault.message, /Expected scores that are numbers but received NaN/);
  });
});

describe('Mask R-CNN', () => {
  const mask = (count: number, of = 1) => ({
    name: 'masks',
    dims: [count, of, 28, 28],
    values: new Array(count * of * 784).fill(0.9),
  });
  const given = (
    boxes: readonly (readonly number[])[],
    kinds: readonly number[],
    scores: readonly number[],
  ): Given[] => [
    { name: 'boxes', dims: [boxes.length, 4], values: boxes.flat() },
    { name: 'labels', dims: [kinds.length], values: kinds, type: 'int64' },
    { name: 'scores', dims: [scores.length], values: scores },
  ];
  const named = ['background', ...labels];
  const spec = instanceSpec({ family: 'mask-rcnn' }, side, named, { background: 0 });
  const picture = redOnBlack(128, 64, []);

  it('pastes masks into boxes of the picture’s size, from a graph without a batch', async () => {
    const graph = instanceGraph({
      input: side,
      unbatched: true,
      given: [...given([[16, 24, 32, 40]], [1], [0.8]), mask(1)],
    });
    const [only, ...rest] = await found(spec, asItIs(graph), await picture);
    assert.equal(rest.length, 0);
    assert.deepEqual(facts(only!), { id: 1, class: 1, area: 34 * 34, x: 31, y: 15, width: 34, height: 34 });
  });

  it('finds nothing in a picture without things, and answers all the same', async () => {
    const graph = asItIs(instanceGraph({ input: side, given: [...given([], [], []), { ...mask(0), values: [] }] }));
    const kinds = [
      'instances',
      'labels',
      'stats',
      'coco',
      'polygons',
      'yolo',
      'svg',
      'geojson',
      'labelstudio',
      'masks',
    ] as const;
    const answers = await answered(spec, graph, await picture, [
      ...kinds.map((kind) => plan(kind)),
      plan('overlay'),
      plan('tensor'),
      plan('cutout'),
    ]);
    assert.deepEqual(json(answers[0]!), { width: 128, height: 64, instances: [] });
    const { data } = await pixelsOf(answers[1]!.bytes);
    assert.ok(data.every((value) => value === 0));
    assert.deepEqual(
      StatsSchema.parse(json(answers[2]!)).classes.map(({ id, score }) => [id, score]),
      [[0, null]],
    );
  });

  it('takes the mask of the instance’s class where there is one for each', async () => {
    const masks = {
      name: 'masks',
      dims: [1, 3, 28, 28],
      values: [0, 0, 0.9].flatMap((value) => new Array(784).fill(value)),
    };
    const of = (kind: number) =>
      asItIs(instanceGraph({ input: side, given: [...given([[16, 24, 32, 40]], [kind], [0.8]), masks] }));
    assert.equal((await found(spec, of(2), await picture)).length, 1);
    assert.equal((await found(spec, of(1), await picture)).length, 0); // a mask without a pixel
  });

  it('counts classes from the number that the manifest names, in masks for each class too', async () => {
    const masks = {
      name: 'masks',
      dims: [1, 2, 28, 28],
      values: [0, 0.9].flatMap((value) => new Array(784).fill(value)),
    };
    const from = (kind: number) =>
      asItIs(instanceGraph({ input: side, given: [...given([[16, 24, 32, 40]], [kind], [0.8]), masks] }));
    const counted = instanceSpec({ family: 'mask-rcnn', firstClass: 1 }, side, labels);
    assert.deepEqual(
      (await found(counted, from(2), await picture)).map(({ label }) => label),
      ['spoon'],
    );
    assert.deepEqual(await found(counted, from(1), await picture), []);
    const three = {
      ...masks,
      dims: [1, 3, 28, 28],
      values: [0.9, 0, 0.9].flatMap((value) => new Array(784).fill(value)),
    };
    const withBackground = (kind: number) =>
      asItIs(instanceGraph({ input: side, given: [...given([[16, 24, 32, 40]], [kind], [0.8]), three] }));
    assert.equal((await found(counted, withBackground(2), await picture)).length, 1);
    assert.equal((await found(counted, withBackground(1), await picture)).length, 0);
    const refused = await outcome(counted, from(0), await picture, [plan('instances')]);
    assert.match('fault' in refused ? refused.fault.message : '', /class numbers from 1 to 2/);
  });

  it('leaves scores below the threshold out, and takes the best first', async () => {
    const boxes = [
      [0, 24, 16, 40],
      [16, 24, 32, 40],
      [32, 24, 48, 40],
    ];
    const graph = asItIs(instanceGraph({ input: side, given: [...given(boxes, [1, 1, 2], [0.3, 0.6, 0.9]), mask(3)] }));
    const scores = async (changes: Partial<MaskPlan>) =>
      (await found(spec, graph, await picture, changes)).map(({ score }) => score.toFixed(1));
    assert.deepEqual(await scores({}), ['0.9', '0.6']);
    assert.deepEqual(await scores({ scoreThreshold: 0.1, maxInstances: 2 }), ['0.9', '0.6']);
    assert.deepEqual(await scores({ scoreThreshold: 0.1 }), ['0.9', '0.6', '0.3']);
  });

  it('lays masks of the whole input over the picture, as torchvision’s whole graph gives them', async () => {
    const inside = (at: number) => at % 64 >= 10 && at % 64 < 20 && at >= 20 * 64 && at < 30 * 64;
    const whole = {
      name: 'masks',
      dims: [1, 1, 64, 64],
      values: Array.from({ length: 4096 }, (_, at) => (inside(at) ? 1 : 0)),
    };
    const graph = asItIs(instanceGraph({ input: side, given: [...given([[10, 20, 20, 30]], [1], [0.8]), whole] }));
    assert.deepEqual(
      (await found(spec, graph, await picture)).map(({ box }) => box),
      [{ x: 20, y: 8, width: 20, height: 20 }],
    );
  });

  it('refuses class numbers that no label has, naming both', async () => {
    const graph = asItIs(instanceGraph({ input: side, given: [...given([[16, 24, 32, 40]], [7], [0.8]), mask(1)] }));
    const refused = await outcome(spec, graph, await picture, [plan('instances')]);
    assert.match(
      'fault' in refused ? refused.fault.message : '',
      /class numbers from 0 to 2, since there are 3 labels but received 7/,
    );
  });

  it('says what it looked for when an output cannot be told', async () => {
    const graph = asItIs(instanceGraph({ input: side, given: given([[16, 24, 32, 40]], [1], [0.8]) }));
    const refused = await outcome(spec, graph, await picture, [plan('instances')]);
    assert.match(
      'fault' in refused ? refused.fault.message : '',
      /one output of masks \[N,C,h,w\] but received "boxes" float32 \[1,4\]/,
    );
  });
});

describe('cells', () => {
  it('are of the first class that is not the background', async () => {
    const dense = { family: 'dense', foreground: { channel: 0 } } as const;
    const graph = asItIs(instanceGraph({ input: side, planes: { name: 'y', stride: 1, channels: [[1, 0, 0, 0]] } }));
    const picture = await redOnBlack(64, 64, [
      [4, 4, 10, 10],
      [30, 30, 1, 1],
    ]);
    const labelOf = async (own: readonly string[], background?: number) =>
      (await found(instanceSpec(dense, side, own, background === undefined ? {} : { background }), graph, picture)).map(
        ({ label, area }) => [label, area],
      );
    const expected = [
      ['nucleus', 100],
      ['nucleus', 1],
    ];
    assert.deepEqual(await labelOf(['nucleus']), expected);
    assert.deepEqual(await labelOf(['nothing', 'nucleus'], 0), expected);
  });
});

describe('every answer of an instance model', () => {
  // Two things that overlap: the spoon, of the higher score, lies on the cup.
  const rows = [
    [24, 32, 16, 16, 0.7, 0.1, 1],
    [32, 32, 16, 16, 0.1, 0.9, 1],
  ];
  const spec = instanceSpec(yolo, side, labels);
  const picture = redOnBlack(128, 64, [[32, 16, 48, 32]]);
  const one = async (kind: AnswerKind, changes: Parameters<typeof plan>[1] = {}) =>
    (await answered(spec, yoloGraph(rows), await picture, [plan(kind, changes)]))[0]!;
  const valueAt = async (answer: Answer, x: number, y: number) => {
    const { data, width, channels } = await pixelsOf(answer.bytes);
    return [...data.subarray((y * width + x) * channels, (y * width + x) * channels + channels)];
  };

  it('labels: the higher score on top, the background where there is nothing', async () => {
    const answer = await one('labels');
    assert.deepEqual(await Promise.all([34, 52, 70, 2].map(async (x) => (await valueAt(answer, x, 30)).slice(0, 1))), [
      [0],
      [1],
      [1],
      [2],
    ]);
  });

  it('instances: the id map has the number of the highest score', async () => {
    const answer = await one('instances', { format: 'png' });
    const { data } = await (await import('sharp'))
      .default(Buffer.from(answer.bytes))
      .toColourspace('grey16')
      .raw({ depth: 'ushort' })
      .toBuffer({ resolveWithObject: true });
    const ids = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
    assert.deepEqual(
      [34, 52, 70, 2].map((x) => ids[30 * 128 + x]),
      [2, 1, 1, 0],
    );
  });

  it('instances: masks are COCO run lengths with area, box and centroid of all their pixels, covered or not', async () => {
    const { instances } = InstancesSchema.parse(json(await one('instances')));
    assert.deepEqual(
      instances.map(({ id, label, area }) => [id, label, area]),
      [
        [1, 'spoon', 1012],
        [2, 'cup', 1012],
      ],
    );
    for (const { segmentation, area, box, centroid } of instances) {
      assert.deepEqual(segmentation.size, [64, 128]);
      const counts = readCocoString(segmentation.counts);
      assert.equal(
        counts.reduce((sum, count) => sum + count, 0),
        64 * 128,
      );
      assert.equal(
        counts.filter((_, at) => at % 2 === 1).reduce((sum, count) => sum + count, 0),
        area,
      );
      assert.ok(
        Math.abs(centroid.x - box.x - box.width / 2) < 0.2 && Math.abs(centroid.y - box.y - box.height / 2) < 1e-9,
      );
    }
  });

  it('alpha: what lies below another instance counts', async () => {
    const answer = await one('alpha', { foreground: [0] });
    assert.deepEqual(await Promise.all([34, 52, 70, 2].map(async (x) => (await valueAt(answer, x, 30)).slice(0, 1))), [
      [255],
      [255],
      [0],
      [0],
    ]);
    const rest = await one('alpha', { foreground: [2] });
    assert.deepEqual(await Promise.all([34, 52, 70, 2].map(async (x) => (await valueAt(rest, x, 30)).slice(0, 1))), [
      [0],
      [0],
      [0],
      [255],
    ]);
  });

  it('coco: an annotation for each instance, with its score', async () => {
    for (const cocoMask of ['polygon', 'rle', 'counts'] as const) {
      const { annotations, categories }: Coco = CocoSchema.parse(json(await one('coco', { cocoMask })));
      assert.deepEqual(
        annotations.map(({ category_id, score, area, bbox }) => [category_id, score?.toFixed(1), area, bbox]),
        [
          [1, '0.9', 1012, [48, 16, 32, 32]],
          [0, '0.7', 1012, [32, 16, 32, 32]],
        ],
      );
      assert.deepEqual(
        categories.map(({ name }) => name),
        labels,
      );
    }
  });

  it('polygons, geojson, svg, yolo, labelstudio, masks: one for each instance', async () => {
    const { regions } = PolygonsSchema.parse(json(await one('polygons')));
    assert.deepEqual(
      regions.map(({ instance, box, score }) => [instance, box.x, score?.toFixed(1)]),
      [
        [1, 48, '0.9'],
        [2, 32, '0.7'],
      ],
    );
    const { features } = GeojsonSchema.parse(json(await one('geojson')));
    assert.deepEqual(
      features.map(({ properties }) => properties.instance),
      [1, 2],
    );
    assert.match(
      Buffer.from((await one('svg')).bytes).toString(),
      /data-instance="1" data-class="1" data-score="0.9000"/,
    );
    assert.deepEqual(
      Buffer.from((await one('yolo')).bytes)
        .toString()
        .trim()
        .split('\n')
        .map((line) => line[0]),
      ['1', '0'],
    );
    const [task] = LabelstudioSchema.parse(json(await one('labelstudio')));
    assert.deepEqual(
      task!.predictions[0]!.result.map(({ id }) => id),
      ['instance-1', 'instance-2'],
    );
    const { masks } = MasksSchema.parse(json(await one('masks')));
    assert.deepEqual(
      masks.map(({ instance, id, pixels }) => [instance, id, pixels]),
      [
        [1, 1, 1012],
        [2, 0, 1012],
      ],
    );
  });

  it('classes choose instances', async () => {
    const { instances } = InstancesSchema.parse(json(await one('instances', { foreground: [0] })));
    assert.deepEqual(
      instances.map(({ id }) => id),
      [2],
    );
  });

  it('overlay: instances of one class have different colours, and lines around them', async () => {
    const same = [rows[0]!, [32, 32, 16, 16, 0.9, 0.1, 1].map((value, at) => (at === 0 ? 40 : value))];
    const [answer] = await answered(spec, yoloGraph(same), await redOnBlack(128, 64, [[32, 16, 64, 32]]), [
      plan('overlay', { format: 'png' }),
    ]);
    const [left, right, line, nothing] = await Promise.all(
      [
        [44, 30],
        [80, 30],
        [32, 30],
        [2, 2],
      ].map(([x, y]) => valueAt(answer!, x!, y!)),
    );
    assert.notDeepEqual(left, right);
    assert.notDeepEqual(left, line);
    assert.deepEqual(nothing, [0, 0, 0]);
  });

  it('tensor: a mask for each instance', async () => {
    const { bytes } = await one('tensor');
    const text = Buffer.from(bytes).toString('latin1');
    assert.match(text, /'shape': \(2, 64, 128\)/);
    assert.equal(
      bytes.subarray(bytes.length - 2 * 64 * 128).reduce((sum, value) => sum + value, 0),
      2024,
    );
  });
});
