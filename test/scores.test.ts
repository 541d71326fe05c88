import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { ManifestSource } from '@segserve/contract';
import sharp from 'sharp';
import type { Engine } from '../packages/server/src/domain/engineDoor.ts';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import type { AnswerRequest } from '../packages/server/src/domain/request.ts';
import { openInProcess } from '../packages/server/src/engine/inProcess.ts';
import { tinyNetwork } from '../packages/server/src/graph/testing/tinyNetwork.ts';
import { loadPackage } from '../packages/server/src/models/loadPackage.ts';
import { Scores } from '../packages/server/src/pipeline/postprocess/scores.ts';
import { png, randomFrom } from '../packages/server/src/pipeline/testing/pictures.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writePackage, writeRedMatte, writeTinySemantic } from './support/tinyPackages.ts';

const root = temporaryFolder();
const labels = ['road', 'sky', 'tree', 'car'];
const random = randomFrom(3);
const [width, height] = [48, 48];
const picture = await png(
  Uint8Array.from({ length: width * height * 3 }, () => random() * 255),
  width,
  height,
);

async function engineOf(folder: string): Promise<Engine> {
  const engine = await openInProcess({
    models: [await loadPackage(folder)],
    limits: defaultLimits,
    threads: 1,
    checkGoldens: false,
  });
  after(() => engine.close());
  return engine;
}

async function asked(engine: Engine, model: string, answers: readonly AnswerRequest[], size?: 'model') {
  const result = await engine.segment({ model, image: picture, answers, ...(size ? { size } : {}) });
  return result.answers.map(({ bytes }) => bytes);
}

function floatsOf(bytes: Uint8Array): { shape: number[]; values: Float32Array } {
  const text = Buffer.from(bytes).toString('latin1');
  assert.equal(text.slice(1, 6), 'NUMPY');
  assert.match(text, /'descr': '<f4'/);
  const shape = /'shape': \(([^)]*)\)/
    .exec(text)![1]!
    .split(',')
    .filter((side) => side.trim() !== '')
    .map(Number);
  const start = 10 + Buffer.from(bytes).readUInt16LE(8);
  return { shape, values: new Float32Array(Uint8Array.from(bytes).slice(start).buffer) };
}

const all: Partial<ManifestSource>[] = [{}, { fusion: 'off' }, { output: { kind: 'logits', upsample: 'linear' } }];
for (const [at, changes] of all.entries()) {
  test(`scores are probabilities whose largest is the label, ${['fused', 'not fused', 'grown before they are compared'][at]}`, async () => {
    const engine = await engineOf(writeTinySemantic(root, `street-${at}`, labels, changes));
    const [map, scores] = await asked(engine, `street-${at}`, [{ kind: 'labels' }, { kind: 'scores' }]);
    const { shape, values } = floatsOf(scores!);
    assert.deepEqual(shape, [labels.length, height, width]);
    const { data } = await sharp(map!).extractChannel(0).raw().toBuffer({ resolveWithObject: true });
    for (let pixel = 0; pixel < width * height; pixel++) {
      const own = labels.map((_, index) => values[index * width * height + pixel]!);
      assert.ok(Math.abs(own.reduce((sum, value) => sum + value, 0) - 1) < 1e-4);
      assert.equal(own.indexOf(Math.max(...own)), data[pixel]);
    }
  });
}

test('one class may be had as a picture of 8 or 16 bits, and several not', async () => {
  const engine = await engineOf(writeTinySemantic(root, 'one', labels));
  const png16 = { kind: 'scores', format: 'png', classes: ['sky'], depth: 16 } as const;
  const [eight, sixteen, numbers] = await asked(engine, 'one', [
    { ...png16, depth: 8 },
    png16,
    { kind: 'scores', classes: ['sky'] },
  ]);
  const { shape, values } = floatsOf(numbers!);
  assert.deepEqual(shape, [1, height, width]);
  const raw = await sharp(sixteen!).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
  const wide = new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2);
  const narrow = await sharp(eight!).extractChannel(0).raw().toBuffer();
  for (const [at, value] of values.entries()) {
    assert.ok(Math.abs(wide[at]! - value * 65_535) <= 0.51);
    assert.ok(Math.abs(narrow[at]! - value * 255) <= 0.51);
  }
  await assert.rejects(
    asked(engine, 'one', [{ kind: 'scores', format: 'png' }]),
    /one class in "classes" for scores as PNG but received none/,
  );
  await assert.rejects(asked(engine, 'one', [{ kind: 'scores', format: 'png', classes: [0, 1] }]), /but received 2/);
});

test('uncertainty is 1 − the distance of the two best, or the share of the largest entropy', async () => {
  const engine = await engineOf(writeTinySemantic(root, 'unsure', labels));
  const kinds = (['margin', 'entropy'] as const).map(
    (measure) => ({ kind: 'uncertainty', format: 'npy', measure }) as const,
  );
  const made = await asked(engine, 'unsure', [{ kind: 'scores' }, ...kinds, { kind: 'uncertainty' }], 'model');
  const [scores, margin, entropy] = made.slice(0, 3).map((bytes) => floatsOf(bytes).values);
  const picture8 = await sharp(made[3]!).extractChannel(0).raw().toBuffer();
  for (let pixel = 0; pixel < width * height; pixel++) {
    const own = labels.map((_, index) => scores![index * width * height + pixel]!).sort((a, b) => b - a);
    assert.ok(Math.abs(margin![pixel]! - (1 - own[0]! + own[1]!)) < 1e-5);
    const bits = own.reduce((sum, value) => sum - (value > 0 ? value * Math.log(value) : 0), 0) / Math.log(4);
    assert.ok(Math.abs(entropy![pixel]! - bits) < 1e-4);
    assert.ok(Math.abs(picture8[pixel]! - margin![pixel]! * 255) <= 0.51);
  }
});

test('a matting model’s scores are its opacity, and it is unsure where that is half', async () => {
  const engine = await engineOf(writeRedMatte(root, 'matte'));
  const [alpha, scores, both, margin] = await asked(engine, 'matte', [
    { kind: 'alpha' },
    { kind: 'scores' },
    { kind: 'scores', classes: ['background', 'foreground'] },
    { kind: 'uncertainty', format: 'npy' },
  ]);
  const opacity = await sharp(alpha!).extractChannel(0).raw().toBuffer();
  const { shape, values } = floatsOf(scores!);
  assert.deepEqual(shape, [1, height, width]);
  assert.deepEqual(floatsOf(both!).shape, [2, height, width]);
  const unsure = floatsOf(margin!).values;
  for (const [at, value] of opacity.entries()) {
    assert.ok(Math.abs(values[at]! - value / 255) < 1e-6);
    assert.ok(Math.abs(unsure[at]! - (1 - Math.abs((2 * value) / 255 - 1))) < 1e-5);
  }
});

test('a model that gives ready labels has no scores, and says so', async () => {
  const folder = writeTinySemantic(root, 'ready', labels, { output: { kind: 'labels' }, fusion: 'off' });
  const { answersOf } = await import('../packages/server/src/domain/modelSpec.ts');
  const answers = answersOf(await loadPackage(folder));
  assert.ok(!answers.includes('scores') && !answers.includes('uncertainty') && answers.includes('labels'));
});

test('more scores than a worker may hold are refused with a way out', async () => {
  const engine = await engineOf(writeTinySemantic(root, 'many', labels));
  const size = { width: 6000, height: 4000 };
  const large = engine.segment({ model: 'many', image: picture, answers: [{ kind: 'scores' }], size });
  await assert.rejects(large, {
    code: 'image_too_large',
    message: /fewer classes with `classes`, or smaller ones with `size`/,
  });
});

test('one number for each pixel is the probability of class 1, and the rest that of class 0', () => {
  const window = { x: 0, y: 0, width: 2, height: 1 };
  const map = { data: Float32Array.of(0, Math.log(3)), channels: 1, layout: 'nchw', kind: 'logits' } as const;
  const scores = new Scores(map, { width: 2, height: 1 }, window, { width: 2, height: 1 });
  assert.equal(scores.classes, 2);
  assert.deepEqual(
    [...scores.plane(1)].map((value) => value.toFixed(4)),
    ['0.5000', '0.7500'],
  );
  assert.deepEqual(
    [...scores.plane(0)].map((value) => value.toFixed(4)),
    ['0.5000', '0.2500'],
  );
  assert.deepEqual(
    [...scores.uncertainty('margin')].map((value) => value.toFixed(4)),
    ['1.0000', '0.5000'],
  );
});

test('labels are the same beside scores where the graph makes its scores larger first', async () => {
  const shape = { opset: 17, inputLayout: 'nchw', outputLayout: 'nchw', kind: 'logits', half: false } as const;
  const graph = tinyNetwork({ ...shape, channels: labels.length, fixed: [height, width], strided: true });
  const folder = writePackage(root, 'grown', graph, {
    task: 'semantic',
    labels: [...labels],
    input: { size: { rule: 'fixed', width, height } },
    output: { kind: 'logits', upsample: 'linear' },
  });
  const engine = await engineOf(folder);
  const [alone] = await asked(engine, 'grown', [{ kind: 'labels' }]);
  const [beside, scores] = await asked(engine, 'grown', [{ kind: 'labels' }, { kind: 'scores' }]);
  assert.deepEqual(beside, alone);
  assert.deepEqual(floatsOf(scores!).shape, [labels.length, height, width]);
});
