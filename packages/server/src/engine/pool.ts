import type { Limits } from '../domain/limits.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { availableCores, planWorkers } from './cores.ts';
import { type OpenedEngine, openEngine } from './engine.ts';
import { WorkerRunner } from './workerRunner.ts';

export interface PoolOptions {
  readonly models: readonly ModelSpec[];
  readonly opensLater?: (spec: ModelSpec) => boolean;
  readonly limits: Limits;
  readonly workers: number | 'auto';
  /** Intra-op threads of each worker. */
  readonly threads: number | 'auto';
  /** Resident bytes above which a worker is replaced. */
  readonly workerBytesMax: number | 'auto';
}

/** The engine over worker processes: a crash, a leak or a hostile picture ends in one replaceable process. */
export function openPool(options: PoolOptions): OpenedEngine {
  const { models, limits, opensLater = () => false } = options;
  const plan = planWorkers({ cores: availableCores(), workers: options.workers, threads: options.threads });
  const rssBytesMax = options.workerBytesMax === 'auto' ? fairShare(plan.workers) : options.workerBytesMax;
  return openEngine({
    models,
    opensLater,
    limits,
    plan,
    rssBytesMax,
    start: (open, events) => new WorkerRunner({ ...open, limits, threads: plan.threads, checkGoldens: true }, events),
  });
}

/** Two thirds of the memory that this process may have, over all workers and one replacement, at least 512 MiB each. */
function fairShare(workers: number): number {
  const total = process.constrainedMemory() || process.availableMemory();
  return Math.max(512 * 2 ** 20, Math.floor((Math.min(total, process.availableMemory()) * 2) / 3 / (workers + 1)));
}
