import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type AnswerKind, type ManifestSource, TopClassesSchema } from '@segserve/contract';
import sharp from 'sharp';
import { open, type Segserve } from '../packages/server/src/index.ts';
import { repository } from './support/repository.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writePackage } from './support/tinyPackages.ts';

/** Networks and pictures that are not part of the project; each test says which of them it wants. */
const shared = process.env.SEGSERVE_SHARED ?? path.resolve(repository, '../shared');
const skip = existsSync(path.join(shared, 'models')) ? false : `no models in ${shared}; set SEGSERVE_SHARED`;

type Source = Omit<ManifestSource, 'schema' | 'name' | 'version' | 'graph' | 'licence'>;
const imagenet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } satisfies Partial<ManifestSource['input']>;
/** x/127.5 − 1 */
const plusMinusOne = { mean: [1, 1, 1], scale: 1 / 127.5 } satisfies Partial<ManifestSource['input']>;
const fixed = (width: number, height: number) => ({ rule: 'fixed', width, height }) as const;
const imagenetClassifier = {
  file: 'cls-shufflenet-v2-12-int8.onnx',
  task: 'classification',
  labels: Array.from({ length: 1000 }, (_, index) => `class ${index}`),
  output: { kind: 'logits' },
} as const;
const street = [
  ...['road', 'sidewalk', 'building', 'wall', 'fence', 'pole', 'traffic light', 'traffic sign', 'vegetation'],
  ...['terrain', 'sky', 'person', 'rider', 'car', 'truck', 'bus', 'train', 'motorcycle', 'bicycle', 'background'],
];

/** Each network as a package: what its table says of it, as a manifest. */
const packages = {
  selfie: {
    file: 'human-selfie-256-nhwc.onnx',
    task: 'matting',
    input: { layout: 'nhwc', size: fixed(256, 256) },
    output: { kind: 'probabilities' },
  },
  voc: {
    file: 'voc-deeplabv3-mnv2dm05-257-nhwc.onnx',
    task: 'semantic',
    labels: 'voc21',
    background: 0,
    input: { layout: 'nhwc', size: fixed(257, 257), ...plusMinusOne },
    output: { kind: 'logits' },
  },
  edgetpu: {
    file: 'street-deeplab-edgetpu-cityscapes-qdq-513-nhwc-argmax.onnx',
    task: 'semantic',
    labels: 'cityscapes19',
    input: { layout: 'nhwc', size: fixed(513, 513), ...plusMinusOne },
    output: { kind: 'labels' },
  },
  espnetv2: {
    file: 'street-espnetv2-cityscapes-512x1024.onnx',
    task: 'semantic',
    labels: street,
    background: 19,
    input: { size: fixed(1024, 512), ...imagenet },
    output: { kind: 'logits' },
  },
  espnet: {
    file: 'street-espnet-cityscapes-dynHW.onnx',
    task: 'semantic',
    labels: street,
    background: 19,
    input: {
      channels: 'bgr',
      size: { rule: 'longSide', pixels: 1024, multiple: 8 },
      scale: 1,
      mean: [72.3923111, 82.90893555, 73.15840149],
      // (x − mean) / s / 255
      std: [45.3192215 * 255, 46.15289307 * 255, 44.91483307 * 255],
    },
    output: { kind: 'logits' },
  },
  cgnet: {
    file: 'street-cgnet-camvid-360x480.onnx',
    task: 'semantic',
    labels: 'camvid11',
    input: { size: fixed(480, 360), scale: 1, mean: [105.658, 103.33, 99.625] },
    output: { kind: 'logits' },
  },
  drivable: {
    file: 'road-twinlitenet-2heads-360x640.onnx',
    task: 'semantic',
    labels: ['other', 'drivable'],
    background: 0,
    input: { size: fixed(640, 360) },
    output: { name: 'drivable_area', kind: 'logits' },
  },
  lane: {
    file: 'road-twinlitenet-2heads-360x640.onnx',
    task: 'semantic',
    labels: ['other', 'lane'],
    background: 0,
    input: { size: fixed(640, 360) },
    output: { name: 'lane_line', kind: 'logits' },
  },
  broken: {
    file: 'broken-voc-qdq-513-duplicate-node-names.onnx',
    task: 'semantic',
    labels: 'voc21',
    input: { layout: 'nhwc', size: fixed(513, 513), ...plusMinusOne },
    output: { kind: 'labels' },
  },
  classifier: {
    file: 'cls-shufflenet-v2-12-int8.onnx',
    task: 'semantic',
    labels: ['one', 'two'],
    input: { size: fixed(224, 224), ...imagenet },
    output: { kind: 'logits' },
  },
  stretched: { ...imagenetClassifier, input: { size: fixed(224, 224), ...imagenet } },
  cropped: { ...imagenetClassifier, input: { size: fixed(224, 224), fit: 'crop', ...imagenet } },
  mislabelled: { ...imagenetClassifier, labels: ['one', 'two'], input: { size: fixed(224, 224), ...imagenet } },
} satisfies Record<string, Source & { file: string }>;

function openReal(name: keyof typeof packages): Promise<Segserve> {
  const { file, ...source } = packages[name];
  const root = temporaryFolder();
  writePackage(root, name, readFileSync(path.join(shared, 'models', file)), source);
  return open({ model: name, folders: [root], threads: 2 });
}

const photo = (...name: string[]) => readFileSync(path.join(shared, 'images', ...name));

/** One byte for each pixel, of one answer. */
async function plane(segserve: Segserve, image: Uint8Array, kind: AnswerKind): Promise<Buffer> {
  const { answers } = await segserve.segment(image, { answer: [kind] });
  return greyOf(answers[0]!.bytes);
}

function greyOf(png: Uint8Array): Promise<Buffer> {
  return sharp(png).extractChannel(0).raw().toBuffer();
}

function agreement(a: Buffer, b: Buffer): number {
  assert.equal(a.length, b.length);
  let equal = 0;
  for (let at = 0; at < a.length; at++) equal += a[at] === b[at] ? 1 : 0;
  return equal / a.length;
}

function share(labels: Buffer, label: number): number {
  return labels.reduce((sum, value) => sum + (value === label ? 1 : 0), 0) / labels.length;
}

function assertNear(t: TestContext, what: string, value: number, expected: number, tolerance: number): void {
  t.diagnostic(`${what}: ${value.toFixed(4)} (known: ${expected})`);
  assert.ok(Math.abs(value - expected) <= tolerance, `${what}: ${value}, expected ${expected} ± ${tolerance}`);
}

describe('Real networks give the answers that are known of them', { concurrency: false, skip }, () => {
  test('MediaPipe selfie: mean opacity of the doctor is 0.336', async (t) => {
    await using segserve = await openReal('selfie');
    const alpha = await plane(segserve, photo('photos/doctor.png'), 'alpha');
    assertNear(t, 'mean alpha', alpha.reduce((sum, value) => sum + value, 0) / alpha.length / 255, 0.336, 0.01);
  });

  test('DeepLab v3 VOC: every pixel of the published golden mask', async (t) => {
    await using segserve = await openReal('voc');
    const labels = await plane(segserve, photo('golden/segmentation_input_rotation0.jpg'), 'labels');
    const golden = (await greyOf(photo('golden/segmentation_golden_rotation0.png'))).map((value) => value / 10);
    const equal = agreement(labels, Buffer.from(golden));
    t.diagnostic(`equal pixels: ${equal}`);
    assert.equal(equal, 1);
  });

  test('DeepLab EdgeTPU Cityscapes, int8 with labels inside: 91.9 % of the published mask', async (t) => {
    await using segserve = await openReal('edgetpu');
    const labels = await plane(segserve, photo('golden/cityscapes_segmentation.png'), 'labels');
    const golden = await greyOf(photo('golden/cityscapes_segmentation_mask.png'));
    assertNear(t, 'equal pixels', agreement(labels, golden), 0.919, 0.005);
  });

  test('TwinLiteNet: both heads of one graph, as two packages', async (t) => {
    const city = photo('photos/city2.png');
    await using drivable = await openReal('drivable');
    await using lane = await openReal('lane');
    assertNear(t, 'drivable', share(await plane(drivable, city, 'labels'), 1), 94_348 / 230_400, 0.0124);
    assertNear(t, 'lane', share(await plane(lane, city, 'labels'), 1), 7488 / 230_400, 0.003);
  });

  test('ESPNet and ESPNet v2 see the same street', async (t) => {
    const city = photo('photos/city2.png');
    await using first = await openReal('espnetv2');
    await using second = await openReal('espnet');
    const [a, b] = [await plane(first, city, 'labels'), await plane(second, city, 'labels')];
    const equal = agreement(a, b);
    t.diagnostic(`equal pixels: ${equal.toFixed(4)}, road ${share(a, 0).toFixed(3)} and ${share(b, 0).toFixed(3)}`);
    assert.ok(equal > 0.8);
  });

  test('CGNet: mean IoU above 0.5 on 20 validation pictures of CamVid', async (t) => {
    const folder = path.join(shared, 'data/camvid');
    if (!existsSync(folder)) return t.skip(`no CamVid in ${shared}`);
    await using segserve = await openReal('cgnet');
    const files = readdirSync(path.join(folder, 'val')).toSorted();
    const chosen = files.filter((_, at) => at % Math.floor(files.length / 20) === 0).slice(0, 20);
    const classes = 11;
    const [both, either] = [new Float64Array(classes), new Float64Array(classes)];
    let right = 0;
    let counted = 0;
    for (const file of chosen) {
      const labels = await plane(segserve, readFileSync(path.join(folder, 'val', file)), 'labels');
      const truth = await greyOf(readFileSync(path.join(folder, 'val_labels', file.replace('.jpg', '.png'))));
      for (let at = 0; at < truth.length; at++) {
        const [is, shall] = [labels[at]!, truth[at]!];
        if (shall >= classes) continue; // void
        counted++;
        either[shall]! += 1;
        if (is === shall) {
          right++;
          both[shall]! += 1;
        } else either[is]! += 1;
      }
    }
    const mean = both.reduce((sum, one, at) => sum + one / either[at]!, 0) / classes;
    t.diagnostic(`mIoU ${mean.toFixed(4)}, pixel accuracy ${(right / counted).toFixed(4)}, ${chosen.length} pictures`);
    assert.equal(chosen.length, 20);
    assert.ok(mean > 0.5);
  });

  test('A graph that breaks the rules of ONNX is refused with what is wrong and what to do', async (t) => {
    await assert.rejects(openReal('broken'), (error: Error & { code: string }) => {
      t.diagnostic(error.message);
      assert.equal(error.code, 'model_invalid');
      assert.match(error.message, /node name/i);
      assert.match(error.message, /rename the nodes or export the model again/);
      return true;
    });
  });

  test('ShuffleNet v2, int8: an orange and a burger are what ImageNet calls them, whichever way they are cut', async (t) => {
    for (const name of ['stretched', 'cropped'] as const) {
      await using segserve = await openReal(name);
      for (const [file, id] of [
        ['photos/orange.png', 950],
        ['photos/burger.jpg', 933],
      ] as const) {
        const { answers } = await segserve.segment(photo(file), { topK: 3 });
        const { classes } = TopClassesSchema.parse(JSON.parse(Buffer.from(answers[0]!.bytes).toString()));
        t.diagnostic(`${name}, ${file}: ${classes.map((one) => `${one.id} ${one.score.toFixed(3)}`).join(', ')}`);
        assert.equal(classes[0]!.id, id);
        assert.equal(classes.length, 3);
      }
    }
  });

  test('A classifier is refused where its labels are not as many as its classes', async () => {
    await assert.rejects(
      openReal('mislabelled'),
      /each of the 2 labels of mislabelled:1 but received .* of 1000 classes/,
    );
  });

  test('A classifier is refused: it gives no map', async (t) => {
    await assert.rejects(openReal('classifier'), (error: Error & { code: string }) => {
      t.diagnostic(error.message);
      assert.equal(error.code, 'model_invalid');
      return true;
    });
  });
});
