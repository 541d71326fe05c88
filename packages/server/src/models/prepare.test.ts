import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { tinyNetwork } from '../graph/testing/tinyNetwork.ts';
import { tinySpec } from '../pipeline/testing/tinySpec.ts';
import { prepareGraph } from './prepare.ts';

const folder = await mkdtemp(path.join(os.tmpdir(), 'segserve-prepare-'));
after(() => rm(folder, { recursive: true }));

test('a fused graph tells whether its scores are numbers; one that gives labels has none', async () => {
  const network = { opset: 17, inputLayout: 'nchw', outputLayout: 'nchw', channels: 3, half: false } as const;
  const outputsOf = async (changes: Parameters<typeof tinySpec>[0], variant: 'answer' | 'score') =>
    (await prepareGraph({ ...tinySpec(changes), folder }, variant)).outputNames;

  await writeFile(path.join(folder, 'tiny.onnx'), tinyNetwork({ ...network, kind: 'logits', fixed: undefined }));
  const output = { kind: 'logits' } as const;
  assert.deepEqual(await outputsOf({ output }, 'answer'), ['labels', 'nan']);
  assert.deepEqual(await outputsOf({ output }, 'score'), ['labels', 'score', 'nan']);
  assert.deepEqual(await outputsOf({ task: 'matting', output }, 'answer'), ['alpha', 'nan']);

  await writeFile(path.join(folder, 'tiny.onnx'), tinyNetwork({ ...network, kind: 'labels', fixed: undefined }));
  assert.deepEqual(await outputsOf({ output: { kind: 'labels' } }, 'answer'), ['labels']);
});
