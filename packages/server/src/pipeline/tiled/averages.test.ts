import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import type { MaskPlan } from '../../domain/request.ts';
import { resizeAlpha } from '../postprocess/alpha.ts';
import { png } from '../testing/pictures.ts';
import { averagedScores } from './averagedScores.ts';
import type { ScoreSpec } from './scorePlanes.ts';
import { answered, texture, valuesOf } from './testing/answered.ts';
import { convolution, freeSpec } from './testing/convolution.ts';

const [width, height] = [120, 80];
const input = { size: { rule: 'free', multiple: 1 }, overlap: 32 } as const;
const graph = convolution({ classes: 2, depth: 3 });
const spec = freeSpec(2, { task: 'matting', input, output: { foreground: 1 } });
const image = await png(texture(width, height), width, height);
const mirrored = await sharp(image).flop().png().toBuffer();
const turnedOver = await sharp(image).flip().png().toBuffer();

const alphaOf = async (picture: Uint8Array, mask: Partial<MaskPlan> = {}) =>
  valuesOf(await answered({ spec, graph, image: picture, mask }));

describe('test-time flips', () => {
  it('give the mean of the picture’s opacity and its mirror image’s, mirrored back', async () => {
    const [own, other] = [await alphaOf(image), flop(await alphaOf(mirrored))];
    assert.ok(meanDifference(own, other) > 2, 'the network is not symmetric by itself');
    const mean = own.map((value, at) => Math.round((value + other[at]!) / 2));
    assert.ok(largest(await alphaOf(image, { flips: 'horizontal' }), mean) <= 1);
  });

  it('make the answer of a mirror image the mirror image of the answer', async () => {
    const flips = 'horizontal';
    assert.ok(largest(flop(await alphaOf(mirrored, { flips })), await alphaOf(image, { flips })) <= 1);
    const both = await alphaOf(image, { flips: 'both' });
    assert.ok(largest(flop(await alphaOf(mirrored, { flips: 'both' })), both) <= 1);
    assert.ok(largest(flip(await alphaOf(turnedOver, { flips: 'both' })), both) <= 1);
    assert.ok(
      largest(flip(await alphaOf(turnedOver, { flips })), await alphaOf(image, { flips })) > 1,
      'horizontal alone',
    );
  });

  it('average tiles too, as they average the whole picture', async () => {
    const whole = await alphaOf(image, { flips: 'both' });
    const tiled = await alphaOf(image, { flips: 'both', tile: { width: 64, height: 64 } });
    assert.ok(largest(tiled, whole) <= 1);
  });

  it('average probabilities of classes, which may change the class', async () => {
    const classes = freeSpec(4, { input });
    const net = convolution({ classes: 4, depth: 3 });
    const labelsOf = async (picture: Uint8Array, mask: Partial<MaskPlan>) =>
      valuesOf(await answered({ spec: classes, graph: net, image: picture, mask }));
    const own = await labelsOf(image, {});
    const averaged = await labelsOf(image, { flips: 'horizontal' });
    assert.notDeepEqual(averaged, own);
    assert.deepEqual(flop(await labelsOf(mirrored, { flips: 'horizontal' })), averaged);
  });
});

it('probabilities are averaged, and not the logits that they come from', async () => {
  const answers = [
    [9, 0],
    [0, 1],
  ];
  const session = {
    graph: { form: 'front', batchSize: undefined, outputNames: ['y'] },
    run: async () => [new Tensor('float32', Float32Array.from(answers.shift()!), [1, 2, 1, 1])],
  };
  const classes = freeSpec(2, { input }) as ScoreSpec;
  const one = { width: 1, height: 1 };
  const variants = { flips: 'horizontal', scales: [1] } as const;
  const { data, kind } = await averagedScores(
    session as never,
    classes,
    new Uint8Array(3),
    one,
    variants,
    async () => {},
  );
  const shall = (1 / (1 + Math.exp(-9)) + 1 / (1 + Math.exp(1))) / 2;
  assert.equal(kind, 'probabilities');
  assert.ok(Math.abs(data[0]! - shall) < 1e-6 && Math.abs(data[1]! - (1 - shall)) < 1e-6, String(data));
});

describe('test-time scales', () => {
  it('of 1 alone change nothing', async () => {
    assert.deepEqual(await alphaOf(image, { scales: [1, 1] }), await alphaOf(image));
  });

  it('give the mean of the opacities at each scale, grown by linear', async () => {
    const half = await sharp(image)
      .resize(width / 2, height / 2, { fit: 'fill', kernel: 'linear' })
      .png()
      .toBuffer();
    const small = await alphaOf(half);
    const window = { x: 0, y: 0, width: width / 2, height: height / 2 };
    const grown = resizeAlpha(small, window, window, { width, height }, 'linear');
    const own = await alphaOf(image);
    const mean = own.map((value, at) => Math.round((value + grown[at]!) / 2));
    assert.ok(meanDifference(own, mean) > 2, 'scales differ');
    const made = await alphaOf(image, { scales: [1, 0.5] });
    assert.ok(meanDifference(made, mean) < 0.6, `${meanDifference(made, mean)}`);
  });
});

function flop(map: Uint8Array): Uint8Array {
  return map.map((_, at) => map[at - (at % width) + (width - 1 - (at % width))]!);
}

function flip(map: Uint8Array): Uint8Array {
  return map.map((_, at) => map[(height - 1 - Math.floor(at / width)) * width + (at % width)]!);
}

function largest(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((most, value, at) => Math.max(most, Math.abs(value - b[at]!)), 0);
}

function meanDifference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, at) => sum + Math.abs(value - b[at]!), 0) / a.length;
}
