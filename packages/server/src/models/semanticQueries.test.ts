import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { Fault } from '../domain/fault.ts';
import { queryGraph } from '../pipeline/testing/queryGraph.ts';
import { tinySpec } from '../pipeline/testing/tinySpec.ts';
import { loadPackage } from './loadPackage.ts';
import { prepareGraph } from './prepare.ts';

const folder = await mkdtemp(path.join(os.tmpdir(), 'segserve-semantic-queries-'));
after(() => rm(folder, { recursive: true }));

const reds = Array.from({ length: 4 }, () => ({ logits: [3, 0, 0, 0], mask: [9, 0, 0, -4] as const }));
const refusal = (sentence: RegExp) => (error: unknown) =>
  error instanceof Fault && error.code === 'model_invalid' && sentence.test(error.message);

async function prepared(names: readonly [string, string], queries: object, columns = 4) {
  const own = reds.map(({ mask }) => ({ mask, logits: [3, ...Array<number>(columns - 1).fill(0)] }));
  const graph = queryGraph({ input: [16, 24], queries: own, names, others: true, takesMask: true });
  await writeFile(path.join(folder, 'tiny.onnx'), graph);
  const spec = tinySpec({ output: { kind: 'probabilities', upsample: 'linear', queries } });
  return prepareGraph({ ...spec, folder }, 'answer');
}

const usual = ['class_queries_logits', 'masks_queries_logits'] as const;

test('outputs are found by their usual names or by those that the manifest gives; the signature stays the file’s', async () => {
  const { form, outputNames, signature } = await prepared(usual, {});
  assert.deepEqual([form, outputNames], ['fused', ['labels', 'nan']]);
  assert.deepEqual(
    signature.outputs.map(({ name }) => name),
    ['hidden', 'pred_boxes', ...usual],
  );
  assert.deepEqual((await prepared(['a', 'b'], { classes: 'a', masks: 'b' })).outputNames, ['labels', 'nan']);
});

test('a model that does not fit what is said of it is refused, with both sides', async () => {
  await assert.rejects(
    prepared(['a', 'b'], {}),
    refusal(/^Expected output\.queries\.classes of tiny:1 to be one of hidden, pred_boxes, a, b but received nothing/),
  );
  await assert.rejects(
    prepared(['a', 'b'], { classes: 'a', masks: 'c' }),
    refusal(/output\.queries\.masks of tiny:1 to be one of .* but received c/),
  );
  await assert.rejects(
    prepared(usual, {}, 6),
    refusal(
      /^Expected an output of 4 scores for each query, one for each of the 3 labels .* "class_queries_logits" of 6/,
    ),
  );
  await assert.rejects(
    prepared(['masks', 'classes'], { classes: 'classes', masks: 'masks' }),
    refusal(/one for each of the 3 labels|Expected (class|mask) logits/),
  );
});

test('the manifest must say nothing else of its output', async () => {
  await writeFile(path.join(folder, 'tiny.onnx'), queryGraph({ input: [16, 24], queries: reds }));
  const load = async (changes: object) => {
    const manifest = { schema: 1, name: 'tiny', version: '1', task: 'semantic', licence: 'none', graph: 'tiny.onnx' };
    const input = { size: { rule: 'fixed', width: 24, height: 16 } };
    const whole = { ...manifest, input, output: { kind: 'probabilities', queries: {} }, labels: ['a', 'b', 'c'] };
    await writeFile(path.join(folder, 'model.yaml'), JSON.stringify({ ...whole, ...changes }));
    return loadPackage(folder);
  };
  const { manifest } = await load({});
  assert.ok('output' in manifest && 'upsample' in manifest.output && manifest.output.upsample === 'linear');
  await assert.rejects(
    load({ output: { kind: 'logits', queries: {} } }),
    refusal(/output\.queries needs task: semantic and output\.kind: probabilities.* found semantic and logits/),
  );
  await assert.rejects(
    load({ task: 'matting', output: { kind: 'probabilities', queries: {} }, labels: undefined }),
    refusal(/output\.queries needs task: semantic .* found matting/),
  );
  await assert.rejects(
    load({ output: { kind: 'probabilities', name: 'x', queries: {} } }),
    refusal(/leave output\.name out/),
  );
});
