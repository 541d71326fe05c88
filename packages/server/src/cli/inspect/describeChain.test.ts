import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ChainManifestSchema } from '@segserve/contract';
import { isChain } from '../../domain/chainSpec.ts';
import type { ModelSpec } from '../../domain/modelSpec.ts';
import { resolveChains } from '../../models/resolveChains.ts';
import { describeChain } from './describeChain.ts';

const manifest = ChainManifestSchema.parse({
  schema: 1,
  name: 'people',
  version: '2',
  task: 'chain',
  licence: 'MIT',
  stages: [
    { name: 'rough', kind: 'model', model: 'inner' },
    { name: 'close', kind: 'crops', of: 'rough', model: 'inner', most: 3 },
  ],
});

function specOf(): ReturnType<typeof resolveChains>[number] {
  const palette = new Uint8Array(6);
  const inner = {
    ref: 'inner:1',
    manifest: { name: 'inner', version: '1', task: 'matting', licence: 'none', input: {}, output: { threshold: 0.5 } },
    folder: '/inner',
    labels: ['background', 'foreground'],
    palette,
  } as unknown as ModelSpec;
  const chain: ModelSpec = { ref: 'people:2', manifest, folder: '/people', labels: [], palette };
  return resolveChains([chain, inner])[0]!;
}

test('a chain is shown stage by stage, as text and as JSON', () => {
  const spec = specOf();
  assert.ok(isChain(spec));
  const text = describeChain(spec, false);
  assert.match(text, /people:2, a chain that answers like a matting model, licence MIT/);
  assert.match(text, /stage rough +inner on the whole picture\n/);
  assert.match(text, /stage close +inner on crops of rough, 3 at most, pasted: whole\n/);
  const { answersLike, stages } = JSON.parse(describeChain(spec, true));
  assert.equal(answersLike, 'matting');
  assert.deepEqual(
    stages.map(({ name, task }: { name: string; task: string }) => [name, task]),
    [
      ['rough', 'matting'],
      ['close', 'matting'],
    ],
  );
});
