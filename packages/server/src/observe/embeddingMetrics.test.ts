import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { publish } from '../domain/events.ts';
import { embeddingMetrics } from './embeddingMetrics.ts';

test('embeddings found and made are counted, and what living workers keep is summed', async () => {
  const registry = new Registry();
  const stop = embeddingMetrics(registry, (ref) => ref);
  const told = { model: 'sam:1', evictions: 0 } as const;
  publish('segserve:embedding', { ...told, workerPid: 1, outcome: 'miss', entries: 1, bytes: 100 });
  publish('segserve:embedding', { ...told, workerPid: 2, outcome: 'miss', entries: 3, bytes: 300 });
  publish('segserve:embedding', { ...told, workerPid: 1, outcome: 'hit', entries: 2, bytes: 200 });
  const text = await registry.metrics();
  assert.match(text, /segserve_embeddings_total\{model="sam:1",outcome="miss"\} 2/);
  assert.match(text, /segserve_embeddings_total\{model="sam:1",outcome="hit"\} 1/);
  assert.match(text, /segserve_embedding_bytes 500/);
  assert.match(text, /segserve_embeddings 5/);
  publish('segserve:worker', { pid: 2, event: 'died', detail: '' });
  assert.match(await registry.metrics(), /segserve_embedding_bytes 200/);
  stop();
  publish('segserve:embedding', { ...told, workerPid: 1, outcome: 'hit', entries: 9, bytes: 900 });
  assert.match(await registry.metrics(), /segserve_embedding_bytes 200/, 'nobody listens any more');
});
