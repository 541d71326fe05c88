import { InstanceOutputSchema, type OutputOf } from '@segserve/contract';
import { Tensor } from 'onnxruntime-node';
import type { AnswerPlan } from '../../packages/server/src/domain/request.ts';
import { resizeAlpha } from '../../packages/server/src/pipeline/postprocess/alpha.ts';
import { blurredBackground } from '../../packages/server/src/pipeline/postprocess/blurredBackground.ts';
import { foregroundColors } from '../../packages/server/src/pipeline/postprocess/foregroundColors.ts';
import { readMaskRcnn } from '../../packages/server/src/pipeline/postprocess/instances/maskRcnn.ts';
import { instancesIn } from '../../packages/server/src/pipeline/postprocess/instances.ts';
import { resizeNearest } from '../../packages/server/src/pipeline/postprocess/labels.ts';
import { refineAlpha } from '../../packages/server/src/pipeline/postprocess/refine.ts';
import { Scores } from '../../packages/server/src/pipeline/postprocess/scores.ts';
import { labelsFromAlpha } from '../../packages/server/src/pipeline/postprocess/threshold.ts';
import { trimapOf } from '../../packages/server/src/pipeline/postprocess/trimap.ts';
import { componentsOf, regionsOf } from '../../packages/server/src/pipeline/regions/regionsOf.ts';
import { plan, randomFrom } from '../../packages/server/src/pipeline/testing/pictures.ts';
import { tidied } from '../../packages/server/src/pipeline/tidy/tidied.ts';
import { type GrowthCase, growthRow, type Sized } from '../numbers/growth.ts';
import type { Row } from '../report/row.ts';
import {
  instanceScenes,
  mattingScenes,
  networkAlpha,
  networkLabels,
  networkScores,
  networkSize,
  networkWindow,
  photoOf,
  semanticScenes,
} from '../workload/scenes.ts';
import type { Workload } from '../workload/workload.ts';

const counts = [1, 20, 150];
const one = [1];

/** What happens to a network's answer before it is encoded: time for each pixel of the picture against 512². */
export async function postprocess(workload: Workload): Promise<Row[]> {
  const rows: Row[] = [];
  for (const each of [...cases, ...tidying]) rows.push(await growthRow(each, workload.times(5)));
  return rows;
}

const alphaOf = async (size: Sized) => (await mattingScenes(size))().alpha!;

const cases: readonly GrowthCase[] = [
  {
    name: 'labels to the picture, nearest',
    counts,
    prepare: async (size, classes) => () => resizeNearest(networkLabels(classes), networkSize, networkWindow, size),
  },
  ...(['nearest', 'linear', 'cubic'] as const).map((kernel): GrowthCase => {
    const grow = (size: Sized) => resizeAlpha(networkAlpha(0), networkSize, networkWindow, size, kernel);
    return { name: `alpha to the picture, ${kernel}`, counts: one, prepare: async (size) => () => grow(size) };
  }),
  {
    name: 'scores of one class, to the picture',
    counts,
    prepare: async (size, classes) => () => scoresOf(size, classes).plane(1),
  },
  ...(['margin', 'entropy'] as const).map((measure): GrowthCase => {
    const run = (size: Sized, classes: number) => () => scoresOf(size, classes).uncertainty(measure);
    return { name: `uncertainty, ${measure}`, counts, prepare: async (size, classes) => run(size, classes) };
  }),
  { name: 'threshold', counts: one, prepare: async (size) => thresholding(await alphaOf(size)) },
  {
    name: 'trimap, band of a hundredth',
    counts: one,
    prepare: async (size) => {
      const alpha = await alphaOf(size);
      return () => trimapOf(alpha, size, Math.round(size.width / 100));
    },
  },
  {
    name: 'refine, guided',
    counts: one,
    prepare: async (size) => {
      const [alpha, photo] = [await alphaOf(size), await photoOf(size)];
      const growth = { across: size.width / networkSize.width, down: size.height / networkSize.height };
      return () => refineAlpha(alpha, photo, growth);
    },
  },
  {
    name: 'foreground colours (decontaminate)',
    counts: one,
    prepare: async (size) => {
      const [alpha, photo] = [await alphaOf(size), await photoOf(size)];
      return () => foregroundColors({ ...photo }, alpha); // a photo that it does not know yet
    },
  },
  {
    name: 'blurred background',
    counts: one,
    prepare: async (size) => {
      const [alpha, photo] = [await alphaOf(size), await photoOf(size)];
      return () => blurredBackground(photo, alpha, 0.02 * size.width);
    },
  },
  {
    name: 'components',
    counts,
    prepare: async (size, classes) => {
      const scene = await semanticScenes(size, classes);
      return () => componentsOf(scene(), plan('polygons'));
    },
  },
  {
    name: 'outlines, tolerance 1',
    counts,
    prepare: async (size, classes) => {
      const scene = await semanticScenes(size, classes);
      return () => regionsOf(scene(), plan('polygons'));
    },
  },
  { name: 'masks of Mask R-CNN boxes', counts, prepare: async (size, count) => pasting(size, count) },
];

const wishes: readonly (readonly [string, Partial<AnswerPlan>])[] = [
  ['minArea', { minArea: 200 }],
  ['fillHoles', { fillHoles: 200 }],
];

const tidying: readonly GrowthCase[] = wishes.flatMap(([name, wish]) =>
  (
    [
      ['labels', counts, semanticScenes],
      ['alpha', one, mattingScenes],
      ['instances', counts, instanceScenes],
    ] as const
  ).map(([what, own, scenes]): GrowthCase => {
    const prepare: GrowthCase['prepare'] = async (size, count) => {
      const scene = await scenes(size, count);
      return () => tidied(scene(), plan('labels', wish));
    };
    return { name: `${name} of ${what}`, counts: own, prepare };
  }),
);

function thresholding(alpha: Uint8Array): () => unknown {
  return () => labelsFromAlpha(alpha, 0.5);
}

function scoresOf({ width, height }: Sized, classes: number): Scores {
  const map = { data: networkScores(classes), kind: 'logits', layout: 'nchw', channels: classes + 1 } as const;
  return new Scores(map, networkSize, networkWindow, { width, height });
}

/** Boxes of a fifth of the picture's sides, with masks of 28². */
function pasting(size: Sized, count: number): () => unknown {
  const input = { width: 640, height: 640 };
  const random = randomFrom(6);
  const corners = Array.from({ length: count }, () => [random() * 512, random() * 512] as const);
  const boxes = Float32Array.from(corners.flatMap(([x, y]) => [x, y, x + 128, y + 128]));
  const blob = (at: number) => (Math.hypot((at % 28) - 14, (Math.floor(at / 28) % 28) - 14) < 12 ? 0.9 : 0.1);
  const masks = Float32Array.from({ length: count * 784 }, (_, at) => blob(at % 784));
  const outputs = new Map<string, Tensor>([
    ['boxes', new Tensor('float32', boxes, [count, 4])],
    ['labels', new Tensor('int64', new BigInt64Array(count), [count])],
    ['scores', new Tensor('float32', new Float32Array(count).fill(0.9), [count])],
    ['masks', new Tensor('float32', masks, [count, 1, 28, 28])],
  ]);
  const output = InstanceOutputSchema.parse({ family: 'mask-rcnn' }) as OutputOf<'mask-rcnn'>;
  const find = readMaskRcnn(outputs, output, { first: 0, count: 1 }, input);
  const view = { window: { x: 0, y: 0, ...input }, target: { width: size.width, height: size.height } };
  const options = { scoreThreshold: 0.5, maxInstances: count, threshold: 0.5 };
  return () => instancesIn(view, find, options);
}
