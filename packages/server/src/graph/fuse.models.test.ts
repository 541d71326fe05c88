import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { fuse } from './fuse.ts';
import type { FusionInput, FusionOutput, FusionResult, FusionSpec } from './fusionSpec.ts';
import { inspect } from './inspect.ts';
import { alphaFromScores, argmaxLabels, normalise, scoreFromScores } from './pixelLoops.ts';
import { type RawTensor, runModel } from './testing/runModel.ts';

/** Real networks by others: the fused graph answers as the plain one does with the loops of pixelLoops.ts around it. */

const shared = process.env.SEGSERVE_SHARED ?? resolve(import.meta.dirname, '../../../../../shared');
const skip = existsSync(`${shared}/models`) ? false : `no models at ${shared}/models (set SEGSERVE_SHARED)`;

const unit = { scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] } as const;
const imagenet = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;
const symmetric = { scale: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1] } as const;
const camvid = { scale: 1, mean: [105.658, 103.33, 99.625], std: [1, 1, 1] } as const;
const espnet = {
  scale: 1,
  mean: [72.3923111, 82.90893555, 73.15840149],
  std: [255 * 45.3192215, 255 * 46.15289307, 255 * 44.91483307],
} as const;

interface Case {
  readonly file: string;
  readonly photo: string;
  readonly size: readonly [width: number, height: number];
  readonly input: Omit<FusionInput, 'channels'> & { readonly channels?: 'bgr' };
  readonly output: Pick<FusionOutput, 'kind'> & Partial<FusionOutput>;
  readonly classes?: number;
}

const cases: readonly Case[] = [
  {
    file: 'human-selfie-256-nhwc',
    photo: 'photos/doctor.png',
    size: [256, 256],
    input: { layout: 'nhwc', ...unit },
    output: { kind: 'probabilities' },
  },
  {
    file: 'street-espnetv2-cityscapes-512x1024',
    photo: 'photos/city2.png',
    size: [1024, 512],
    input: { layout: 'nchw', ...imagenet },
    output: { kind: 'logits' },
    classes: 20,
  },
  {
    file: 'street-espnet-cityscapes-dynHW',
    photo: 'photos/city2.png',
    size: [640, 320],
    input: { layout: 'nchw', channels: 'bgr', ...espnet },
    output: { kind: 'logits', foreground: 13 },
    classes: 20,
  },
  {
    file: 'street-cgnet-camvid-360x480',
    photo: 'photos/city2.png',
    size: [480, 360],
    input: { layout: 'nchw', ...camvid },
    output: { kind: 'logits', foreground: 8 },
    classes: 11,
  },
  {
    file: 'street-deeplab-edgetpu-cityscapes-qdq-513-nhwc-argmax',
    photo: 'photos/city2.png',
    size: [513, 513],
    input: { layout: 'nhwc', ...symmetric },
    output: { kind: 'labels' },
    classes: 19,
  },
  {
    file: 'voc-deeplabv3-mnv2dm05-257-nhwc',
    photo: 'golden/segmentation_input_rotation0.jpg',
    size: [257, 257],
    input: { layout: 'nhwc', ...symmetric },
    output: { kind: 'logits', foreground: 15 },
    classes: 21,
  },
  ...['drivable_area', 'lane_line'].map(
    (name): Case => ({
      file: 'road-twinlitenet-2heads-360x640',
      photo: 'photos/city2.png',
      size: [640, 360],
      input: { layout: 'nchw', ...unit },
      output: { kind: 'logits', name, foreground: 1 },
      classes: 2,
    }),
  ),
];

for (const { file, photo, size, input, output, classes } of cases) {
  test(`${file}${output.name ? ` (${output.name})` : ''} answers the same fused and plain`, { skip }, async () => {
    const [w, h] = size;
    const bytes = readFileSync(`${shared}/models/${file}.onnx`);
    const pixels = await photoPixels(photo, w, h);
    const spec = {
      input: { channels: 'rgb', ...input },
      output: { layout: input.layout, foreground: 0, threshold: 0.5, ...output },
      want: output.kind === 'labels' ? { labels: true } : { labels: true, alpha: true, score: true },
      ...(classes !== undefined && { classes }),
    } satisfies FusionSpec;

    const fused = fuse(bytes, spec);
    const answer = await runModel(fused.model, { image: { data: pixels, dims: [1, h, w, 3] } });
    await checkTwo(fuse(bytes, { ...spec, freeBatch: true }), pixels, w, h, answer);

    const numbers = normalise(pixels, 1, h, w, spec.input);
    const dims = spec.input.layout === 'nchw' ? [1, 3, h, w] : [1, h, w, 3];
    const plain = await runModel(bytes, { [plainInput(bytes)]: { data: numbers, dims } });
    const scores = (output.name ? plain[output.name] : Object.values(plain)[0])!;

    assert.deepEqual(answer.labels?.dims, [1, h, w]);
    if (output.kind === 'labels') {
      assert.equal(
        differing(answer.labels!.data as Uint8Array, Uint8Array.from(scores.data as BigInt64Array, Number)),
        0,
      );
      return;
    }
    const c = scores.dims[spec.output.layout === 'nchw' ? 1 : 3]!;
    const data = scores.data as Float32Array;
    const labels = argmaxLabels(data, 1, c, h, w, spec.output);
    assert.equal(differing(answer.labels!.data as Uint8Array, labels), 0, 'labels');
    assert.ok(new Set(labels).size > 1, 'the photo shows more than one class');
    const alpha = alphaFromScores(data, 1, c, h, w, spec.output);
    assert.ok(largestDifference(answer.alpha!.data as Uint8Array, alpha) <= 1, 'alpha');
    const score = scoreFromScores(data, 1, c, h, w, spec.output);
    assert.ok(largestDifference(answer.score!.data as Uint8Array, score) <= 1, 'score');
  });
}

describe('models that are no plain segmentation models', () => {
  test('a classifier is fused in front only and passes its answer through', { skip }, async () => {
    const bytes = readFileSync(`${shared}/models/cls-shufflenet-v2-12-int8.onnx`);
    const spec = {
      input: { layout: 'nchw', channels: 'rgb', ...imagenet },
      output: { kind: 'logits', layout: 'nchw', foreground: 0, threshold: 0.5 },
      want: {},
    } satisfies FusionSpec;
    const pixels = await photoPixels('photos/orange.png', 224, 224);
    const fused = fuse(bytes, spec);
    assert.deepEqual([fused.outputs, fused.fusedBack], [[], []]);
    const answer = await runModel(fused.model, { image: { data: pixels, dims: [1, 224, 224, 3] } });
    const numbers = normalise(pixels, 1, 224, 224, spec.input);
    const plain = await runModel(bytes, { input: { data: numbers, dims: [1, 3, 224, 224] } });
    assert.deepEqual(answer.output?.data, plain.output?.data);
    const scores = [...(answer.output!.data as Float32Array)];
    assert.equal(scores.indexOf(Math.max(...scores)), 950);
  });

  test('a model that the runtime refuses is fused nevertheless, and refused by the runtime as before', {
    skip,
  }, async () => {
    const bytes = readFileSync(`${shared}/models/broken-voc-qdq-513-duplicate-node-names.onnx`);
    const fused = fuse(bytes, {
      input: { layout: 'nhwc', channels: 'rgb', ...symmetric },
      output: { kind: 'labels', layout: 'nhwc', foreground: 0, threshold: 0.5 },
      want: { labels: true },
      classes: 21,
    });
    const image = { data: await photoPixels('photos/doctor.png', 513, 513), dims: [1, 513, 513, 3] };
    await assert.rejects(runModel(fused.model, { image }, 'all'));
    const answer = await runModel(fused.model, { image }, 'basic');
    assert.deepEqual(answer.labels?.dims, [1, 513, 513]);
  });
});

/** The picture's mirror image and the picture in one batch: the second answers as it did alone. */
async function checkTwo(
  fused: FusionResult,
  pixels: Uint8Array,
  w: number,
  h: number,
  alone: Record<string, RawTensor>,
): Promise<void> {
  const mirrored = await sharp(pixels, { raw: { width: w, height: h, channels: 3 } })
    .flop()
    .raw()
    .toBuffer();
  const data = Uint8Array.from(Buffer.concat([mirrored, pixels]));
  assert.equal(fused.input.dims[0], 'batch');
  const both = await runModel(fused.model, { image: { data, dims: [2, h, w, 3] } });
  for (const output of fused.outputs) {
    const second = (both[output]!.data as Uint8Array).subarray(w * h);
    // Other shapes, other kernels: the last bits may differ, and with them a rounded byte.
    const tolerance = output === 'labels' ? 0 : 1;
    assert.ok(largestDifference(second, alone[output]!.data as Uint8Array) <= tolerance, `${output} in a batch of two`);
  }
}

async function photoPixels(photo: string, width: number, height: number): Promise<Uint8Array> {
  const pixels = await sharp(`${shared}/images/${photo}`)
    .removeAlpha()
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  return new Uint8Array(pixels);
}

function plainInput(bytes: Uint8Array): string {
  return inspect(bytes).inputs.find((input) => !input.initialiser)!.name;
}

function differing(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  assert.equal(a.length, b.length);
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}
