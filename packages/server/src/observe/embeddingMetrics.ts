import { Counter, Gauge, type Registry } from 'prom-client';
import { type Events, subscribe } from '../domain/events.ts';

/** What promptable models find in their workers' caches. Gives back how listening ends. */
export function embeddingMetrics(registry: Registry, modelLabel: (ref: string) => string): () => void {
  const registers = [registry];
  /** How each worker's cache stood when it last answered. */
  const caches = new Map<number, Events['segserve:embedding']>();
  const lookups = new Counter({
    name: 'segserve_embeddings_total',
    help: 'Requests to promptable models by whether the picture’s embedding was kept (hit) or made (miss)',
    labelNames: ['model', 'outcome'],
    registers,
  });
  const sumOf = (of: 'bytes' | 'entries') => [...caches.values()].reduce((sum, cache) => sum + cache[of], 0);
  new Gauge({
    name: 'segserve_embedding_bytes',
    help: 'Bytes of the embeddings that all workers keep',
    registers,
    collect() {
      this.set(sumOf('bytes'));
    },
  });
  new Gauge({
    name: 'segserve_embeddings',
    help: 'Embeddings that all workers keep',
    registers,
    collect() {
      this.set(sumOf('entries'));
    },
  });
  const stops = [
    subscribe('segserve:embedding', (event) => {
      lookups.inc({ model: modelLabel(event.model), outcome: event.outcome });
      caches.set(event.workerPid, event);
    }),
    subscribe('segserve:worker', ({ pid, event }) => {
      if (event === 'died' || event === 'drained') caches.delete(pid);
    }),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}
