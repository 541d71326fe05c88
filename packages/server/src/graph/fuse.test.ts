import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fuse } from './fuse.ts';
import type { FusionInput, FusionSpec } from './fusionSpec.ts';
import { TensorProto_DataType as DataType } from './gen/onnx_pb.ts';
import { writeModel } from './onnxFile.ts';
import { alphaFromScores, argmaxLabels, normalise, scoreFromScores } from './pixelLoops.ts';
import { buildModel } from './testing/buildModel.ts';
import { resample } from './testing/resample.ts';
import { type RawTensor, runModel } from './testing/runModel.ts';
import { inputName, outputName, randomPixels, type TinyNetwork, tinyNetwork } from './testing/tinyNetwork.ts';

const height = 10;
const width = 14;
const plainInput = { layout: 'nchw', channels: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;
const trainedInput = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] } as const;

describe('a fused network gives what the plain one gives with loops around it', () => {
  for (const opset of [11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]) {
    for (const half of [false, true]) {
      test(`in ${half ? 'float16' : 'float32'} at opset ${opset}`, async () => {
        for (const network of networks(opset, half))
          await check(network, specFor(network, network.fixed ? 'bgr' : 'rgb'));
      });
    }
  }
});

function networks(opset: number, half: boolean): TinyNetwork[] {
  const endings: Pick<TinyNetwork, 'kind' | 'channels' | 'keepdims'>[] = [
    { kind: 'logits', channels: 1 },
    { kind: 'logits', channels: 2 },
    { kind: 'logits', channels: 5 },
    { kind: 'probabilities', channels: 1 },
    { kind: 'probabilities', channels: 5 },
    { kind: 'labels', channels: 5, keepdims: true },
    { kind: 'labels', channels: 5, keepdims: false },
  ];
  const layouts = [
    ['nchw', 'nchw'],
    ['nhwc', 'nhwc'],
    ['nchw', 'nhwc'],
  ] as const;
  return endings.flatMap((ending) =>
    layouts.flatMap(([inputLayout, outputLayout]) =>
      [undefined, [height, width] as const].map((fixed) => ({
        opset,
        half,
        inputLayout,
        outputLayout,
        fixed,
        ...ending,
      })),
    ),
  );
}

function specFor({ inputLayout, outputLayout, kind, channels }: TinyNetwork, order: 'rgb' | 'bgr'): FusionSpec {
  return {
    input: { layout: inputLayout, channels: order, ...trainedInput },
    output: { kind, layout: outputLayout, foreground: channels === 1 ? 0 : 1, threshold: 0.4 },
    want: kind === 'labels' ? { labels: true } : { labels: true, alpha: true, score: true, nan: true },
    classes: channels === 1 ? 2 : channels,
  };
}

async function check(network: TinyNetwork, spec: FusionSpec): Promise<void> {
  const bytes = tinyNetwork(network);
  const n = network.fixed ? 1 : 2;
  const pixels = randomPixels(n * height * width * 3);
  const fused = fuse(bytes, spec);
  const answer = await runModel(fused.model, { image: { data: pixels, dims: [n, height, width, 3] } });
  const scores = await plainScores(bytes, network, spec.input, pixels, n);
  const name = JSON.stringify(network);
  assert.deepEqual(answer.labels?.dims, [n, height, width], name);
  if (network.kind === 'labels') {
    assert.deepEqual([...(answer.labels.data as Uint8Array)], Array.from(scores.data as BigInt64Array, Number), name);
    return;
  }
  const data = Float32Array.from(scores.data as Float32Array);
  const size = [n, network.channels, height, width] as const;
  assert.deepEqual(answer.labels.data, argmaxLabels(data, ...size, spec.output), name);
  assertClose(answer.alpha, alphaFromScores(data, ...size, spec.output), 1, `alpha of ${name}`);
  assertClose(answer.score, scoreFromScores(data, ...size, spec.output), 1, `score of ${name}`);
  assert.deepEqual(answer.nan, { data: new Uint8Array(n), dims: [n] }, name);
}

for (const opset of [11, 12, 17, 18, 23]) {
  test(`a picture’s one score that is NaN is found, infinite ones are not taken for it (opset ${opset})`, async () => {
    const bytes = writeModel(
      buildModel({
        opset,
        inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, 'H', 'W'] }],
        outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', 6, 'H', 'W'] }],
        // −∞ and +∞ of 0, NaN of what is below
        body(write) {
          const low = write.add('Log', ['x']);
          write.add('Concat', [low, write.add('Neg', [low])], { axis: 1 }, 'y');
        },
      }),
    );
    const input = { ...plainInput, mean: [100, 100, 100] } as const;
    const want = { labels: true, nan: true };
    const fused = fuse(bytes, { ...anySpec, input, want });
    assert.deepEqual(fused.outputs, ['labels', 'nan']);
    const pictures = [101, 100, 102].flatMap((value) => Array<number>(2 * 2 * 3).fill(value));
    pictures[2 * 2 * 3 * 2 + 5] = 99;
    const { nan } = await runModel(fused.model, { image: { data: Uint8Array.from(pictures), dims: [3, 2, 2, 3] } });
    assert.deepEqual(nan, { data: Uint8Array.of(0, 0, 1), dims: [3] });
  });
}

async function plainScores(
  bytes: Uint8Array,
  { inputLayout, half }: TinyNetwork,
  input: FusionInput,
  pixels: Uint8Array,
  n: number,
): Promise<RawTensor> {
  const numbers = normalise(pixels, n, height, width, input);
  const dims = inputLayout === 'nchw' ? [n, 3, height, width] : [n, height, width, 3];
  const plain = await runModel(bytes, { [inputName]: { data: half ? Float16Array.from(numbers) : numbers, dims } });
  return plain[outputName]!;
}

describe('resizing in the graph', () => {
  const sizes = [
    { name: 'smaller', size: { height: 7, width: 9 } },
    { name: 'larger', size: { height: 23, width: 40 } },
  ];
  for (const opset of [11, 13, 18, 23]) {
    for (const resize of ['nearest', 'linear', 'cubic'] as const) {
      for (const { name, size } of sizes) {
        test(`in front, ${resize} and ${name}, follows OpenCV's coordinates (opset ${opset})`, async () => {
          for (const layout of ['nchw', 'nhwc'] as const) {
            for (const batch of [1, 'N'] as const) await checkFront(opset, resize, size, layout, batch);
          }
        });
      }
      test(`behind, ${resize}, is done on scores before they are compared (opset ${opset})`, async () => {
        for (const fixed of [undefined, [height, width] as const]) {
          for (const layout of ['nchw', 'nhwc'] as const) {
            for (const channels of [1, 2, 5]) await checkBehind(opset, resize, layout, channels, fixed);
          }
        }
      });
    }
    test(`behind, nearest, repeats ready labels (opset ${opset})`, async () => {
      for (const classes of [5, 300]) {
        const network = tiny({ opset, kind: 'labels', channels: 5, strided: true });
        const spec = specFor(network, 'rgb');
        const wish = { ...spec, classes, output: { ...spec.output, resize: 'nearest' as const } };
        const fused = fuse(tinyNetwork(network), wish);
        const pixels = randomPixels(height * width * 3);
        const answer = await runModel(fused.model, { image: { data: pixels, dims: [1, height, width, 3] } });
        const plain = await plainScores(tinyNetwork(network), network, spec.input, pixels, 1);
        const small = Array.from(plain.data as BigInt64Array, Number);
        const large = resample(small, 1, [height / 2, width / 2], [height, width], 'nearest');
        assert.deepEqual(Array.from(answer.labels!.data as Uint8Array), [...large]);
        assert.ok(answer.labels!.data instanceof (classes > 256 ? Uint16Array : Uint8Array));
      }
    });
  }
});

function tiny(some: Partial<TinyNetwork>): TinyNetwork {
  const usual = { opset: 17, inputLayout: 'nchw', outputLayout: 'nchw', kind: 'logits', channels: 5 } as const;
  return { ...usual, half: false, fixed: undefined, ...some };
}

async function checkFront(
  opset: number,
  resize: 'nearest' | 'linear' | 'cubic',
  size: { height: number; width: number },
  layout: 'nchw' | 'nhwc',
  batch: 1 | 'N',
): Promise<void> {
  const dims = layout === 'nchw' ? [batch, 3, 'H', 'W'] : [batch, 'H', 'W', 3];
  const bytes = writeModel(
    buildModel({
      opset,
      inputs: [{ name: 'x', type: DataType.FLOAT, dims }],
      outputs: [{ name: 'y', type: DataType.FLOAT }],
      body: (write) => write.add('Identity', ['x'], {}, 'y'),
    }),
  );
  const fused = fuse(bytes, { ...anySpec, input: { ...plainInput, layout, size, resize }, want: {} });
  const n = batch === 1 ? 1 : 2;
  assert.deepEqual(fused.input.dims, [batch, 'image_height', 'image_width', 3]);
  const pixels = randomPixels(n * height * width * 3);
  const answer = await runModel(fused.model, { image: { data: pixels, dims: [n, height, width, 3] } });
  const planes = normalise(pixels, n, height, width, plainInput);
  const expected = resample(planes, 3 * n, [height, width], [size.height, size.width], resize);
  const found = layout === 'nchw' ? (answer.y!.data as Float32Array) : toPlanes(answer.y!);
  assertClose({ data: found, dims: [] }, expected, resize === 'nearest' ? 0 : 0.01, `${layout} ${batch}`);
}

async function checkBehind(
  opset: number,
  resize: 'nearest' | 'linear' | 'cubic',
  layout: 'nchw' | 'nhwc',
  channels: number,
  fixed: readonly [number, number] | undefined,
): Promise<void> {
  const network = tiny({ opset, inputLayout: layout, outputLayout: layout, channels, fixed, strided: true });
  const usual = specFor(network, 'rgb');
  const spec = { ...usual, output: { ...usual.output, resize } };
  const pixels = randomPixels(height * width * 3);
  const fused = fuse(tinyNetwork(network), spec);
  const answer = await runModel(fused.model, { image: { data: pixels, dims: [1, height, width, 3] } });
  const plain = await plainScores(tinyNetwork(network), network, spec.input, pixels, 1);
  const planes = layout === 'nchw' ? (plain.data as Float32Array) : toPlanes(plain);
  const scores = resample(planes, channels, [height / 2, width / 2], [height, width], resize);
  const size = [1, channels, height, width] as const;
  const planar = { ...spec.output, layout: 'nchw' as const };
  const name = `${layout} ${channels} ${fixed ?? 'free'}`;
  assert.deepEqual(answer.labels?.dims, [1, height, width], name);
  assert.deepEqual(answer.labels.data, argmaxLabels(scores, ...size, planar), name);
  assertClose(answer.alpha, alphaFromScores(scores, ...size, planar), 1, `alpha ${name}`);
  assertClose(answer.score, scoreFromScores(scores, ...size, planar), 1, `score ${name}`);
}

const anySpec: FusionSpec = {
  input: plainInput,
  output: { kind: 'logits', layout: 'nchw', foreground: 0, threshold: 0.5 },
  want: { labels: true },
};

describe('details of the front', () => {
  test('a network that takes bytes in our own order is fed directly', async () => {
    const bytes = bytesNetwork(DataType.UINT8, 'nhwc');
    const fused = fuse(bytes, { ...anySpec, input: { ...plainInput, layout: 'nhwc' }, want: {} });
    assert.deepEqual(fused.fusedFront, []);
    const pixels = randomPixels(2 * 2 * 3);
    const answer = await runModel(fused.model, { image: { data: pixels, dims: [1, 2, 2, 3] } });
    assert.deepEqual(answer.y?.data, Float32Array.from(pixels));
  });

  test('a network that takes signed bytes gets rounded and clipped numbers', async () => {
    const spec = { ...anySpec, input: { ...plainInput, scale: 1.5, mean: [128, 128, 128] as const }, want: {} };
    const fused = fuse(bytesNetwork(DataType.INT8, 'nchw'), spec);
    const answer = await runModel(fused.model, { image: { data: Uint8Array.of(0, 100, 255), dims: [1, 1, 1, 3] } });
    assert.deepEqual([...(answer.y!.data as Float32Array)], [-128, 22, 127]);
  });

  test('a mean of 0 and a scale of 1 leave only the cast and the transpose', () => {
    assert.deepEqual(fuse(tinyNetwork(tiny({})), anySpec).fusedFront, ['Transpose', 'Cast']);
  });
});

function bytesNetwork(type: number, layout: 'nchw' | 'nhwc'): Uint8Array {
  const model = buildModel({
    opset: 13,
    inputs: [{ name: 'x', type, dims: layout === 'nchw' ? ['N', 3, 'H', 'W'] : ['N', 'H', 'W', 3] }],
    outputs: [{ name: 'y', type: DataType.FLOAT }],
    body: (write) => write.add('Cast', ['x'], { to: DataType.FLOAT }, 'y'),
  });
  return writeModel(model);
}

describe('details of the back', () => {
  test('the first of equal scores wins', async () => {
    const bytes = constantNetwork([3, 7, 7, 7]);
    const answer = await runModel(fuse(bytes, anySpec).model, {
      image: { data: new Uint8Array(12), dims: [1, 2, 2, 3] },
    });
    assert.deepEqual([...(answer.labels!.data as Uint8Array)], [1, 1, 1, 1]);
  });

  test('above 256 classes labels are uint16', async () => {
    const scores = Array.from({ length: 300 }, (_, channel) => (channel === 299 ? 1 : 0));
    const fused = fuse(constantNetwork(scores), anySpec);
    assert.equal(fused.labelsType, 'uint16');
    const answer = await runModel(fused.model, { image: { data: new Uint8Array(12), dims: [1, 2, 2, 3] } });
    assert.deepEqual(answer.labels?.data, Uint16Array.of(299, 299, 299, 299));
  });

  test('an undeclared output shape is learnt from the last convolution', async () => {
    for (const channels of [1, 5]) {
      const network = tiny({ channels, shapeless: true });
      await check(network, specFor(network, 'rgb'));
    }
  });

  test('probabilities beyond 0 … 1 are clipped', async () => {
    const spec = {
      ...anySpec,
      output: { ...anySpec.output, kind: 'probabilities' as const, foreground: 1 },
      want: { alpha: true },
    };
    for (const [value, byte] of [
      [-0.5, 0],
      [1.5, 255],
      [0.5, 128],
    ] as const) {
      const fused = fuse(constantNetwork([0, value, 0]), spec);
      const answer = await runModel(fused.model, { image: { data: new Uint8Array(3), dims: [1, 1, 1, 3] } });
      assert.deepEqual(answer.alpha?.data, Uint8Array.of(byte));
    }
  });
});

/** The same scores for every pixel, whatever the picture. */
function constantNetwork(scores: number[]): Uint8Array {
  const model = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', scores.length, 'H', 'W'] }],
    body: (write) => {
      const zeros = write.floats(new Array(scores.length * 3).fill(0), [scores.length, 3, 1, 1]);
      write.add('Conv', ['x', zeros, write.floats(scores)], {}, 'y');
    },
  });
  return writeModel(model);
}

function toPlanes({ data, dims: [n, h, w, c] }: RawTensor): Float32Array {
  const planes = new Float32Array(data.length);
  const plane = h! * w!;
  for (let i = 0; i < data.length; i++) {
    const pixel = Math.floor(i / c!);
    planes[(Math.floor(pixel / plane) * c! + (i % c!)) * plane + (pixel % plane)] = Number(data[i]);
  }
  assert.equal(n! * plane * c!, data.length);
  return planes;
}

function assertClose(found: RawTensor | undefined, expected: ArrayLike<number>, tolerance: number, what: string): void {
  assert.equal(found?.data.length, expected.length, what);
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(Number(found!.data[i]) - expected[i]!);
    assert.ok(difference <= tolerance, `${what}: ${found!.data[i]} instead of ${expected[i]} at ${i}`);
  }
}
