import { type AnswerKind, InstanceOutputSchema, type OutputOf } from '@segserve/contract';
import { Tensor } from 'onnxruntime-node';
import { encode } from '../../packages/server/src/pipeline/encode.ts';
import { readDense } from '../../packages/server/src/pipeline/postprocess/instances/dense.ts';
import type { FindInstances } from '../../packages/server/src/pipeline/postprocess/instances/found.ts';
import type { View } from '../../packages/server/src/pipeline/postprocess/instances/maskIn.ts';
import { readMaskRcnn } from '../../packages/server/src/pipeline/postprocess/instances/maskRcnn.ts';
import { readYolo } from '../../packages/server/src/pipeline/postprocess/instances/yolo.ts';
import { instancesIn } from '../../packages/server/src/pipeline/postprocess/instances.ts';
import { Scene } from '../../packages/server/src/pipeline/scene.ts';
import { instanceSpec } from '../../packages/server/src/pipeline/testing/instanceGraphs.ts';
import { plan, randomFrom } from '../../packages/server/src/pipeline/testing/pictures.ts';
import { type Row, row } from '../report/row.ts';
import type { Workload } from '../workload/workload.ts';

const sizes = { '512²': { width: 512, height: 512 }, '1080p': { width: 1920, height: 1080 } } as const;
const input = { width: 640, height: 640 };
const options = { scoreThreshold: 0.25, maxInstances: 100, threshold: 0.5 };
const kinds = ['instances', 'labels', 'polygons', 'coco', 'tensor'] as const satisfies readonly AnswerKind[];

/** What it costs to make instances of the outputs of a network of 640², and answers of 100 instances. */
export async function instances(workload: Workload): Promise<Row[]> {
  const times = workload.times(7);
  const rows: Row[] = [];
  const families: readonly (readonly [string, () => FindInstances])[] = [
    ['YOLO v8, 8400 rows of 80 classes', yolo],
    ['Mask R-CNN, 100 boxes', maskRcnn],
    ['cells, 640² by watershed', cells],
  ];
  for (const [name, open] of families) {
    for (const [size, target] of Object.entries(sizes)) {
      const view = { window: { x: 0, y: 0, ...input }, target };
      const find = open();
      const count = instancesIn(view, find, options).length;
      const ms = await least(times, async () => void instancesIn(view, open(), options));
      rows.push(row(`${name}, to ${size}`, { value: ms, unit: 'ms', note: `${count} instances` }));
    }
  }
  for (const kind of kinds) {
    for (const [size, target] of Object.entries(sizes)) {
      const view = { window: { x: 0, y: 0, ...input }, target };
      const ms = await least(times, async () => void (await encode(sceneOf(view), plan(kind))));
      rows.push(
        row(`${kind} of 100 instances, ${size}`, {
          value: ms - (await least(times, async () => void sceneOf(view))),
          unit: 'ms',
        }),
      );
    }
  }
  return rows;
}

/** The least, since other work on the machine only ever adds. */
async function least(times: number, run: () => Promise<void>): Promise<number> {
  const seen: number[] = [];
  for (let count = 0; count < times + 1; count++) {
    const begun = performance.now();
    await run();
    if (count > 0) seen.push(performance.now() - begun);
  }
  return Math.min(...seen);
}

const things = instanceSpec({ family: 'mask-rcnn' }, [640, 640], ['thing']);

function sceneOf(view: View): Scene {
  const photo = () => Promise.reject(new Error('no photo is needed'));
  const found = instancesIn(view, maskRcnn(), options);
  return new Scene({
    spec: things,
    threshold: 0.5,
    ...view.target,
    labels: undefined,
    alpha: undefined,
    score: undefined,
    instances: found,
    photo,
  });
}

const noise = once(() => {
  const random = randomFrom(5);
  return Float32Array.from({ length: 116 * 8400 }, random);
});

const rows = once(() => {
  return noise().map((value, at) => {
    const line = Math.floor(at / 8400);
    if (line < 2) return value * 640;
    if (line < 4) return 20 + value * 200;
    return line < 84 ? value ** 40 : value - 0.4;
  });
});

function yolo(): FindInstances {
  const outputs = new Map([
    ['output0', new Tensor('float32', rows(), [1, 116, 8400])],
    ['output1', new Tensor('float32', noise().slice(0, 32 * 25_600), [1, 32, 160, 160])],
  ]);
  return readYolo(
    outputs,
    InstanceOutputSchema.parse({ family: 'yolo' }) as OutputOf<'yolo'>,
    { first: 0, count: 80 },
    input,
  );
}

function maskRcnn(): FindInstances {
  const random = randomFrom(6);
  const boxes = Float32Array.from({ length: 400 }, (_, at) => (at % 4 < 2 ? random() * 440 : 440 + random() * 200));
  const blob = (at: number) => (Math.hypot((at % 28) - 14, (Math.floor(at / 28) % 28) - 14) < 12 ? 0.9 : 0.1);
  const outputs = new Map<string, Tensor>([
    ['boxes', new Tensor('float32', boxes, [100, 4])],
    ['labels', new Tensor('int64', new BigInt64Array(100), [100])],
    ['scores', new Tensor('float32', new Float32Array(100).fill(0.9), [100])],
    [
      'masks',
      new Tensor(
        'float32',
        Float32Array.from({ length: 78_400 }, (_, at) => blob(at % 784)),
        [100, 1, 28, 28],
      ),
    ],
  ]);
  const output = InstanceOutputSchema.parse({ family: 'mask-rcnn' }) as OutputOf<'mask-rcnn'>;
  return readMaskRcnn(outputs, output, { first: 0, count: 1 }, input);
}

const waves = once(() =>
  Float32Array.from({ length: 640 * 640 }, (_, at) => {
    return Math.abs(Math.sin(((at % 640) / 64) * Math.PI) * Math.sin((Math.floor(at / 640) / 64) * Math.PI));
  }),
);

function cells(): FindInstances {
  const outputs = new Map([['y', new Tensor('float32', waves(), [1, 1, 640, 640])]]);
  const words = { family: 'dense', foreground: { channel: 0 }, seedThreshold: 0.8 };
  return readDense(outputs, InstanceOutputSchema.parse(words) as OutputOf<'dense'>, 'nchw', 0).find;
}

function once<Made>(make: () => Made): () => Made {
  let made: Made | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
