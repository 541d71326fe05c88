import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { type AnswerKind, type InstanceManifestSource, InstancesSchema } from '@segserve/contract';
import type { Engine } from '../packages/server/src/domain/engineDoor.ts';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import type { SegmentRequest } from '../packages/server/src/domain/request.ts';
import { openInProcess } from '../packages/server/src/engine/inProcess.ts';
import { loadPackage } from '../packages/server/src/models/loadPackage.ts';
import { instanceGraph } from '../packages/server/src/pipeline/testing/instanceGraphs.ts';
import { png } from '../packages/server/src/pipeline/testing/pictures.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';

const root = temporaryFolder();
const side = 64;
type Source = Partial<Omit<InstanceManifestSource, 'schema' | 'input'>> & {
  input?: Partial<InstanceManifestSource['input']>;
};

function write(name: string, graph: Uint8Array, { input, ...rest }: Source): string {
  const folder = path.join(root, name, '1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'graph.onnx'), graph);
  const size = { rule: 'fixed', width: side, height: side };
  const words = {
    schema: 1,
    name,
    version: '1',
    task: 'instance',
    licence: 'CC0-1.0',
    graph: 'graph.onnx',
    labels: ['cup', 'spoon'],
  };
  writeFileSync(
    path.join(folder, 'model.yaml'),
    JSON.stringify({ ...words, ...rest, input: { size, fit: 'letterbox', ...input } }),
  );
  return folder;
}

async function openWith(folder: string): Promise<Engine> {
  const engine = await openInProcess({
    models: [await loadPackage(folder)],
    limits: defaultLimits,
    threads: 1,
    checkGoldens: false,
  });
  after(() => engine.close());
  return engine;
}

const cup = { name: 'output0', dims: [1, 7, 1], values: [24, 32, 16, 16, 0.9, 0.1, 1] };
const yolo = instanceGraph({
  input: [side, side],
  given: [cup],
  planes: { name: 'output1', stride: 4, channels: [[40, 0, 0, -20]] },
});
const boxes = [
  { name: 'boxes', dims: [1, 4], values: [16, 24, 32, 40] },
  { name: 'labels', dims: [1], values: [1], type: 'int64' as const },
  { name: 'scores', dims: [1], values: [0.8] },
];
const masks = { name: 'masks', dims: [1, 1, 28, 28], values: new Array(784).fill(0.9) };
const zoo = instanceGraph({ input: [side, side], unbatched: true, given: [...boxes, masks] });
const picture = await redSquare();

/** 128×64, black, red from (32, 16) to (64, 48). */
function redSquare(): Promise<Buffer> {
  const data = Buffer.alloc(128 * 64 * 3);
  for (let y = 16; y < 48; y++) for (let x = 32; x < 64; x++) data[(y * 128 + x) * 3] = 255;
  return png(data, 128, 64);
}

function asked(engine: Engine, model: string, kind: AnswerKind = 'instances', words: Partial<SegmentRequest> = {}) {
  return engine.segment({ model, image: picture, answers: [{ kind }], ...words });
}

async function found(engine: Engine, model: string, words: Partial<SegmentRequest> = {}) {
  const { answers } = await asked(engine, model, 'instances', words);
  return InstancesSchema.parse(JSON.parse(Buffer.from(answers[0]!.bytes).toString())).instances;
}

describe('a package of task instance', () => {
  test('is loaded, its input fused in front, and gives instances', async () => {
    const engine = await openWith(write('yolo', yolo, { output: { family: 'yolo' } }));
    const model = engine.model('yolo');
    assert.equal(model.state, 'ready', model.error ?? '');
    assert.equal(model.fused, true);
    assert.match(model.fusion, /^fused: .* in front; nothing behind/);
    assert.ok(model.labels.every(({ label, color }) => (color === '#000000') === (label === 'background')));
    assert.deepEqual(
      model.labels.map(({ label }) => label),
      ['cup', 'spoon', 'background'],
    );
    assert.ok(model.answers.includes('instances') && !model.answers.includes('topk'));
    const [only] = await found(engine, 'yolo');
    assert.deepEqual([only!.label, only!.box], ['cup', { x: 32, y: 16, width: 32, height: 32 }]);
    assert.equal((await found(engine, 'yolo', { scoreThreshold: 0.95 })).length, 0);
    await assert.rejects(asked(engine, 'yolo', 'topk'), { code: 'unknown_answer' });
    await assert.rejects(
      asked(engine, 'yolo', 'instances', { maxInstances: 0 }),
      /whole number from 1 to 1000 as maxInstances but received 0/,
    );
    await assert.rejects(
      asked(engine, 'yolo', 'instances', { scoreThreshold: 2 }),
      /scoreThreshold from 0 to 1 but received 2/,
    );
  });

  test('gives the same answers with and without fusion', async () => {
    const plain = await openWith(write('yolo-plain', yolo, { output: { family: 'yolo' }, fusion: 'off' }));
    const fused = await openWith(write('yolo-fused', yolo, { output: { family: 'yolo' } }));
    assert.equal(plain.model('yolo-plain').fused, false);
    const [a, b] = await Promise.all([found(plain, 'yolo-plain'), found(fused, 'yolo-fused')]);
    assert.deepEqual(a, b);
  });

  test('may take a picture without a batch, as the ONNX model zoo’s Mask R-CNN', async () => {
    const engine = await openWith(
      write('zoo', zoo, { output: { family: 'mask-rcnn' }, labels: ['background', 'cup'], background: 0 }),
    );
    const model = engine.model('zoo');
    assert.equal(model.state, 'ready', model.error ?? '');
    assert.deepEqual(
      model.labels.map(({ label }) => label),
      ['background', 'cup'],
    );
    assert.deepEqual(
      (await found(engine, 'zoo')).map(({ label, score }) => [label, score.toFixed(1)]),
      [['cup', '0.8']],
    );
  });

  test('that contradicts its graph is not ready, and the error names both sides', async () => {
    const engine = await openWith(write('wrong', yolo, { output: { family: 'mask-rcnn' } }));
    assert.equal(engine.model('wrong').state, 'failed');
    assert.match(
      engine.model('wrong').error!,
      /one output of boxes, float \[N,4\] but received "output0" float32 \[1,7,1\], "output1"/,
    );
    const other = await openWith(write('unnamed', yolo, { output: { family: 'yolo', prototypes: 'protos' } }));
    assert.match(
      other.model('unnamed').error!,
      /output.prototypes of unnamed:1 to be one of output0, output1 but received protos/,
    );
  });

  test('must not leave the resizing to the graph, nor name keys of another family', async () => {
    const resizing = write('resizing', yolo, {
      output: { family: 'yolo' },
      input: { resizeIn: 'graph', fit: 'stretch' },
    });
    await assert.rejects(loadPackage(resizing), /task: instance needs input.resizeIn: pipeline/);
    const keys = write('keys', yolo, { output: { family: 'yolo', boxes: 'b' } as never });
    await assert.rejects(loadPackage(keys), /output.boxes: unknown key/);
    const family = write('family', yolo, { output: { family: 'yolact' } as never });
    await assert.rejects(loadPackage(family), /output.family: expected one of/);
  });

  test('knows COCO’s labels, with and without a background', async () => {
    const eighty = await loadPackage(write('eighty', yolo, { output: { family: 'yolo' }, labels: 'coco80' }));
    assert.notDeepEqual([...eighty.palette.subarray(0, 3)], [0, 0, 0]);
    assert.deepEqual([...eighty.palette.subarray(240)], [0, 0, 0]);
    assert.deepEqual(
      [eighty.labels.length, eighty.labels[0], eighty.labels[79], eighty.labels[80]],
      [81, 'person', 'toothbrush', 'background'],
    );
    const ninety = await loadPackage(
      write('ninety', zoo, { output: { family: 'mask-rcnn' }, labels: 'coco91', background: 0 }),
    );
    assert.deepEqual(
      [ninety.labels.length, ninety.labels[0], ninety.labels[1], ninety.labels[90]],
      [91, 'background', 'person', 'toothbrush'],
    );
    assert.deepEqual(
      [13, 27, 44, 65, 67, 70, 72, 84].map((id) => ninety.labels[id]),
      ['stop sign', 'backpack', 'bottle', 'bed', 'dining table', 'toilet', 'tv', 'book'],
    );
  });
});
