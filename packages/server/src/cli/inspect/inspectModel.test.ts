import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { fakeContext } from '../fakeContext.testSupport.ts';
import { run } from '../run.ts';

let cwd = '';
before(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'segserve-inspect-'));
  await writeFile(path.join(cwd, 'model.onnx'), 'graph');
});
after(() => rm(cwd, { recursive: true }));

/** The models of the fake world, whose files lie in `cwd`. */
function withFiles(given: Parameters<typeof fakeContext>[0] = {}) {
  const { services } = fakeContext();
  const findModels = async (folders: readonly string[]) =>
    (await services.findModels(folders)).map((spec) => ({ ...spec, folder: cwd }));
  return fakeContext({ cwd, ...given, services: { findModels, ...given.services } });
}

test('A bare graph shows inputs, outputs, operators, opset and size, and a guess', async () => {
  const context = withFiles();
  assert.equal(await run(['inspect', 'model.onnx'], context), 0);
  const rows = Object.fromEntries(context.stdout.lines.map((line) => line.split(/ {2,}(.*)/)));
  assert.equal(rows.input, 'x  float32 [N, 3, ?, 64]');
  assert.equal(rows.output, 'y  float32 [1, 1, 64, 64], ends in Sigmoid');
  assert.equal(rows.format, 'opset 17, IR 8, made by pytorch 2.9');
  assert.equal(rows.operators, '3 nodes: 2 Conv, 1 Sigmoid');
  assert.equal(rows.size, '1 MiB, 12,345 parameters, float32');
  assert.match(rows.guess ?? '', /^task matting, layout nchw, output probabilities/);
});

test('A model by name shows what was fused', async () => {
  const context = withFiles();
  assert.equal(await run(['inspect', 'portrait'], context), 0);
  assert.match(context.stdout.text, /^model {6}portrait:1, matting, 2 classes, licence Apache-2\.0\n/);
  assert.match(context.stdout.text, /\nfused {6}yes: normalisation and threshold\n/);
});

test('--json gives the same as data', async () => {
  const context = withFiles();
  await run(['inspect', 'street', '--json'], context);
  const { model, graph, fusion } = JSON.parse(context.stdout.text);
  assert.equal(model, 'street:1');
  assert.equal(graph.opset, 17);
  assert.deepEqual(fusion, {
    fused: true,
    note: 'normalisation and threshold',
    input: 'image',
    outputs: ['labels', 'alpha'],
    batchSize: null,
  });
});

test('A folder with several models asks for one, and a missing path is named', async () => {
  const several = withFiles();
  assert.equal(await run(['inspect', '.'], several), 2);
  assert.match(several.stderr.text, /"\." holds 2 models\. Name one: /);
  const missing = withFiles();
  assert.equal(await run(['inspect', 'no.onnx'], missing), 2);
  assert.match(missing.stderr.text, /"no\.onnx" does not exist\. Check the path\./);
});

test('A file that is no model says so with the reason', async () => {
  const inspectGraph = () => Promise.reject(new Error('the bytes are no protobuf'));
  const context = withFiles({ services: { inspectGraph } });
  assert.equal(await run(['inspect', 'model.onnx'], context), 1);
  assert.match(context.stderr.text, /model\.onnx: the bytes are no protobuf\.\n$/);
});

test('"models list" shows name, version, task, size, licence with its bounds, and place', async () => {
  const context = withFiles();
  assert.equal(await run(['models', 'list', '--models', 'more'], context), 0);
  assert.deepEqual(
    context.stdout.lines.map((line) => line.split(/ {2,}/)),
    [
      ['NAME', 'VERSION', 'TASK', 'SIZE', 'LICENCE', 'WHERE'],
      ['portrait', '1', 'matting', '5 bytes', 'Apache-2.0', '.'],
      ['street', '1', 'semantic', '5 bytes', 'Apache-2.0 (non-commercial)', '.'],
    ],
  );
});

test('"models" means "models list", and --json gives data', async () => {
  const context = withFiles();
  assert.equal(await run(['models', '--json'], context), 0);
  assert.deepEqual(JSON.parse(context.stdout.text)[1], {
    name: 'street',
    version: '1',
    task: 'semantic',
    description: '',
    licence: 'Apache-2.0',
    nonCommercial: true,
    bytes: 5,
    folder: cwd,
  });
});
