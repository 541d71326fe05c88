/**
 * Writes three model packages that know nothing but colour, for what the built-in models cannot show: classes side by side
 * (`tones`), the classes of a whole picture (`tones-whole`), things and stuff (`tones-panoptic`). Run: node docs/images/tones.ts FOLDER
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { TensorProto_DataType as DataType } from '../../packages/server/src/graph/gen/onnx_pb.ts';
import { writeModel } from '../../packages/server/src/graph/onnxFile.ts';
import { buildModel } from '../../packages/server/src/graph/testing/buildModel.ts';

interface Tone {
  readonly label: string;
  /** What belongs to it; each pixel is of the tone with the nearest of these. */
  readonly colors: readonly Rgb[];
  /** How it is shown. */
  readonly shown: Rgb;
}

/** 0…255 */
type Rgb = readonly [red: number, green: number, blue: number];

/** As they are in examples/coffee.jpg. */
const tones: readonly Tone[] = [
  {
    label: 'wood',
    colors: [
      [191, 107, 58],
      [184, 116, 71],
      [160, 80, 40],
      [199, 144, 100],
      [193, 128, 84],
      [213, 166, 123],
    ],
    shown: [150, 150, 150],
  },
  {
    label: 'saucer',
    colors: [
      [173, 46, 18],
      [190, 49, 17],
      [132, 22, 6],
      [118, 23, 7],
      [56, 14, 7],
      [50, 6, 2],
    ],
    shown: [228, 26, 28],
  },
  {
    label: 'porcelain',
    colors: [
      [221, 180, 150],
      [240, 214, 187],
      [247, 238, 226],
    ],
    shown: [55, 126, 184],
  },
  {
    label: 'coffee',
    colors: [
      [218, 125, 42],
      [230, 145, 55],
      [240, 167, 85],
    ],
    shown: [255, 190, 0],
  },
  { label: 'shadow', colors: [[32, 21, 12]], shown: [77, 175, 74] },
];

/** Of the square over which colours are averaged first, in pixels. */
const meanSide = 9;
/** How fast a tone's probability falls with the distance. */
const sharpness = 150;

const free = { rule: 'free', multiple: 8, maxSide: 2048 };
const fixed = { rule: 'fixed', width: 224, height: 224 };

/** What each package has of its own. */
const packages = {
  tones: { task: 'semantic', input: { size: free }, output: { kind: 'logits' }, background: 0 },
  'tones-whole': { task: 'classification', input: { size: fixed }, output: { kind: 'logits' } },
  'tones-panoptic': {
    task: 'panoptic',
    input: { size: free },
    output: { family: 'queries', overlapThreshold: 0.5 },
    things: ['saucer', 'porcelain', 'coffee'],
  },
} as const;

const graphs: Readonly<Record<keyof typeof packages, () => Uint8Array>> = {
  tones: mapGraph,
  'tones-whole': wholeGraph,
  'tones-panoptic': panopticGraph,
};

/** The packages' folders are `root/tones/1` and so on. */
export async function writeTones(root: string): Promise<void> {
  for (const name of Object.keys(packages) as (keyof typeof packages)[]) {
    const folder = path.join(root, name, '1');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'tones.onnx'), graphs[name]());
    const manifest = {
      schema: 1,
      name,
      version: '1',
      description: 'The nearest of five colours: a model to show answers with, and no more.',
      licence: 'Apache-2.0',
      graph: 'tones.onnx',
      labels: tones.map(({ label }) => label),
      palette: tones.map(({ shown }) => shown),
      ...packages[name],
    };
    await writeFile(path.join(folder, 'model.yaml'), `${JSON.stringify(manifest, undefined, 2)}\n`); // JSON is YAML
  }
}

type Build = Parameters<typeof buildModel>[0]['body'];

/** A mean over a small square; for each colour −|x − colour|² without the term that is the same for all; of each tone the best. */
const mapBody =
  (output: string): Build =>
  (write) => {
    const pad = meanSide >> 1;
    const mean = write.add('AveragePool', ['x'], { kernel_shape: [meanSide, meanSide], pads: [pad, pad, pad, pad] });
    const best = tones.map(({ colors }) => {
      const centers = colors.map((color) => color.map((value) => value / 255));
      const weights = centers.flat().map((value) => 2 * sharpness * value);
      const bias = centers.map((center) => -sharpness * center.reduce((sum, value) => sum + value * value, 0));
      const inputs = [mean, write.floats(weights, [colors.length, 3, 1, 1]), write.floats(bias, [colors.length])];
      return write.add('ReduceMax', [write.add('Conv', inputs, { kernel_shape: [1, 1] })], { axes: [1], keepdims: 1 });
    });
    write.add('Concat', best, { axis: 1 }, output);
  };

function mapGraph(): Uint8Array {
  return writeModel(
    buildModel({
      opset: 17,
      inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, 'H', 'W'] }],
      outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', tones.length, 'H', 'W'] }],
      body: mapBody('y'),
    }),
  );
}

/** Logits whose softmax is the mean probability of each tone over the picture. */
function wholeGraph(): Uint8Array {
  return writeModel(
    buildModel({
      opset: 17,
      inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, fixed.height, fixed.width] }],
      outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', tones.length] }],
      body: (write) => {
        mapBody('map')(write);
        const shares = write.add('GlobalAveragePool', [write.add('Softmax', ['map'], { axis: 1 })]);
        write.add('Log', [write.add('Flatten', [shares], { axis: 1 })], {}, 'y');
      },
    }),
  );
}

/** One query for each tone, as sure of its class as of a mask: its logit is that of its probability. */
function panopticGraph(): Uint8Array {
  const count = tones.length;
  return writeModel(
    buildModel({
      opset: 17,
      inputs: [{ name: 'x', type: DataType.FLOAT, dims: [1, 3, 'H', 'W'] }],
      outputs: [
        { name: 'class_queries_logits', type: DataType.FLOAT, dims: [1, count, count + 1] },
        { name: 'masks_queries_logits', type: DataType.FLOAT, dims: [1, count, 'H', 'W'] },
      ],
      body: (write) => {
        mapBody('map')(write);
        const share = write.add('Clip', [
          write.add('Softmax', ['map'], { axis: 1 }),
          write.floats([1e-6]),
          write.floats([1 - 1e-6]),
        ]);
        const rest = write.add('Sub', [write.floats([1]), share]);
        write.add('Log', [write.add('Div', [share, rest])], {}, 'masks_queries_logits');
        const sure = Array.from({ length: count * (count + 1) }, (_, at) => (at % (count + 2) === 0 ? 8 : 0));
        write.add('Identity', [write.floats(sure, [1, count, count + 1])], {}, 'class_queries_logits');
      },
    }),
  );
}

if (import.meta.main) await writeTones(process.argv[2] ?? 'my-models');
