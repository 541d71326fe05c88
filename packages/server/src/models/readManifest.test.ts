import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packageTasks as tasks } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import { parseManifest } from './readManifest.ts';

const good = `schema: 1
name: street
version: "2"
task: semantic
licence: Apache-2.0
graph: street.onnx
labels: cityscapes19
input:
  size: { rule: fixed, width: 1024, height: 512 }
  mean: [0.485, 0.456, 0.406]
output:
  kind: logits
`;

function complaintsOf(text: string): string[] {
  try {
    parseManifest(text, 'street/2/model.yaml');
  } catch (error) {
    assert.ok(error instanceof Fault && error.code === 'model_invalid');
    return error.message.split('\n');
  }
  throw new Error('The manifest was accepted.');
}

test('a short manifest is enough, and every default is filled in', () => {
  const manifest = parseManifest(good, 'model.yaml');
  assert.ok(manifest.task !== 'tensor' && manifest.task !== 'chain');
  assert.equal(manifest.input.layout, 'nchw');
  assert.equal(manifest.input.scale, 1 / 255);
  assert.deepEqual(manifest.providers, ['cpu']);
  assert.deepEqual(manifest.batching, { maxSize: 8, delayMs: 2, run: 'auto' });
});

test('an unknown key names its line and the nearest known key', () => {
  assert.deepEqual(complaintsOf(good.replace('  mean:', '  maen:')), [
    'street/2/model.yaml:10: input.maen: unknown key. Did you mean "mean"?',
  ]);
  assert.deepEqual(complaintsOf(`${good}batchng: { maxSize: 4 }\n`), [
    'street/2/model.yaml:13: batchng: unknown key. Did you mean "batching"?',
  ]);
});

test('a wrong value names file, line, key, what was expected and what was found', () => {
  assert.deepEqual(complaintsOf(good.replace('semantic', 'semantics')), [
    `street/2/model.yaml:4: task: expected one of ${tasks.map((task) => `"${task}"`).join(', ')}, found "semantics".`,
  ]);
  assert.deepEqual(complaintsOf(good.replace('"2"', '2')), [
    'street/2/model.yaml:3: version: expected a string, found 2.',
  ]);
  assert.deepEqual(complaintsOf(good.replace('width: 1024', 'width: 0')), [
    'street/2/model.yaml:9: input.size.width: expected at least 1, found 0.',
  ]);
});

test('a missing key says that nothing was found', () => {
  assert.deepEqual(complaintsOf(good.replace('graph: street.onnx\n', '')), [
    'street/2/model.yaml: graph: expected a string, found nothing.',
  ]);
});

test('all complaints come at once', () => {
  assert.equal(complaintsOf(good.replace('semantic', 'x').replace('logits', 'y')).length, 2);
});

test('a size rule that does not exist is named with those that do', () => {
  const [complaint] = complaintsOf(good.replace('rule: fixed', 'rule: fix'));
  assert.match(
    complaint!,
    /input\.size\.rule: expected one of "fixed", "shortSide", "longSide", "free", found "fix"\./,
  );
});

test('a graph outside the package folder is refused', () => {
  const [complaint] = complaintsOf(good.replace('street.onnx', '../other/street.onnx'));
  assert.match(complaint!, /graph: expected a path inside the package folder/);
});

test('broken YAML names line and column', () => {
  const [complaint] = complaintsOf('schema: 1\nname: [street\n');
  assert.match(complaint!, /^street\/2\/model\.yaml:\d+:\d+: not valid YAML: /);
});

const tensors = `schema: 1
name: ranker
version: "1"
task: tensor
licence: MIT
graph: ranker.onnx
`;

test('a graph that is served as it is needs no word about pictures', () => {
  const manifest = parseManifest(tensors, 'model.yaml');
  assert.equal(manifest.task, 'tensor');
  assert.deepEqual(manifest.providers, ['cpu']);
  assert.ok(!('input' in manifest) && !('output' in manifest));
});

test('task tensor with keys of pictures, and picture tasks without them, say what to do', () => {
  assert.deepEqual(complaintsOf(`${tensors}input:\n  size: { rule: fixed, width: 8, height: 8 }\noutput: {}\n`), [
    'street/2/model.yaml:7: input: not with task tensor, which takes its tensors as they are: leave it out.',
    'street/2/model.yaml:9: output: not with task tensor, which takes its tensors as they are: leave it out.',
  ]);
  assert.deepEqual(complaintsOf(`${tensors}provider: [cpu]\n`), [
    'street/2/model.yaml:7: provider: unknown key. Did you mean "providers"?',
  ]);
  assert.deepEqual(complaintsOf(tensors.replace('tensor', 'semantic')), [
    'street/2/model.yaml: input: task semantic needs it; found nothing.',
    'street/2/model.yaml: output: task semantic needs it; found nothing.',
  ]);
});

test('a chain is told of its stages by their own lines, and which words it does not have', () => {
  const chain = `schema: 1
name: people
version: "1"
task: chain
stages:
  - { name: a, kind: model, model: portrait }
  - { name: b, kind: crop, of: a, model: portrait }
  - name: c
    kind: crops
    of: a
    most: 1000
    model: portrait
graph: street.onnx
`;
  const kinds = ['model', 'crops', 'route', 'prompts', 'panoptic'].map((kind) => `"${kind}"`).join(', ');
  assert.deepEqual(complaintsOf(chain), [
    `street/2/model.yaml:7: stages.1.kind: expected one of ${kinds}, found "crop".`,
    'street/2/model.yaml:11: stages.2.most: expected at most 256, found 1000.',
    'street/2/model.yaml:13: graph: not with task chain, whose packages say it for themselves: leave it out.',
  ]);
});
