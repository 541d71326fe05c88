import type { Engine } from '../../../domain/engineDoor.ts';

/** Workers that take requests. */
export function readyWorkers(engine: Engine): number {
  return engine.status().workers.filter(({ state }) => state === 'ready').length;
}

/** Those of them that have nothing to do. */
export function freeWorkers(engine: Engine): number {
  return engine.status().workers.filter(({ state, batchesInFlight }) => state === 'ready' && batchesInFlight === 0)
    .length;
}
