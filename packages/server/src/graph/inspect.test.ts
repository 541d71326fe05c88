import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { inspect } from './inspect.ts';
import { tinyNetwork } from './testing/tinyNetwork.ts';

const shared = process.env.SEGSERVE_SHARED ?? resolve(import.meta.dirname, '../../../../../shared');
const skip = existsSync(`${shared}/models`) ? false : `no models at ${shared}/models (set SEGSERVE_SHARED)`;

test('a small network is told as it is', () => {
  const bytes = tinyNetwork({
    ...{
      opset: 18,
      inputLayout: 'nhwc',
      outputLayout: 'nhwc',
      kind: 'probabilities',
      channels: 1,
      half: false,
      fixed: undefined,
    },
  });
  const info = inspect(bytes);
  assert.equal(info.opset, 18);
  assert.equal(info.irVersion, 8);
  assert.equal(info.producer, 'segserve tests');
  assert.deepEqual(info.inputs, [{ name: 'x', type: 'float32', dims: ['N', 'H', 'W', 3], initialiser: false }]);
  assert.deepEqual(info.outputs[0]?.ending, ['Identity', 'Transpose', 'Sigmoid']);
  assert.deepEqual(info.operators, { Transpose: 2, Conv: 1, Identity: 1, Sigmoid: 1 });
  assert.deepEqual([info.nodes, info.parameters, info.bytes], [5, 3, bytes.length]);
  assert.equal(info.precision, 'float32');
  assert.deepEqual(info.guess, { layout: 'nhwc', task: 'matting', kind: 'probabilities' });
});

const guesses = [
  ['human-selfie-256-nhwc', 'nhwc', 'matting', 'probabilities', 'float32'],
  ['street-espnetv2-cityscapes-512x1024', 'nchw', 'semantic', 'logits', 'float32'],
  ['street-espnet-cityscapes-dynHW', 'nchw', 'semantic', 'logits', 'float32'],
  ['street-cgnet-camvid-360x480', 'nchw', 'semantic', 'logits', 'float32'],
  ['street-deeplab-edgetpu-cityscapes-qdq-513-nhwc-argmax', 'nhwc', 'semantic', 'labels', 'quantised'],
  ['voc-deeplabv3-mnv2dm05-257-nhwc', 'nhwc', 'semantic', 'logits', 'float32'],
  ['road-twinlitenet-2heads-360x640', 'nchw', 'semantic', 'logits', 'float32'],
  ['cls-shufflenet-v2-12-int8', 'nchw', 'classification', 'logits', 'quantised'],
] as const;

for (const [file, layout, task, kind, precision] of guesses) {
  test(`${file} is guessed to be ${task} with ${kind} in ${layout}`, { skip }, () => {
    const info = inspect(readFileSync(`${shared}/models/${file}.onnx`));
    assert.deepEqual(info.guess, { layout, task, kind });
    assert.equal(info.precision, precision);
    assert.deepEqual(info.externalFiles, []);
  });
}
