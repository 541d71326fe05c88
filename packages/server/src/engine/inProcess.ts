import type { Engine } from '../domain/engineDoor.ts';
import type { Limits } from '../domain/limits.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { ownDecoders } from '../pipeline/decode.ts';
import { availableCores, planWorkers } from './cores.ts';
import { openEngine } from './engine.ts';
import { LocalRunner } from './localRunner.ts';

/**
 * The engine in the caller's own process: no worker, no socket, the same answers. Resolves when the models are loaded;
 * one that failed says so in `models()` and when it is asked.
 */
export async function openInProcess(options: {
  readonly models: readonly ModelSpec[];
  readonly limits: Limits;
  readonly threads: number | 'auto';
  readonly checkGoldens?: boolean;
  /** The process is segserve's own, so decoders may be locked down for all of it. */
  readonly ownProcess?: boolean;
}): Promise<Engine> {
  const { models, limits, checkGoldens = true } = options;
  if (options.ownProcess) ownDecoders();
  const plan = planWorkers({ cores: availableCores(), workers: 1, threads: options.threads });
  const { engine, ready } = openEngine({
    models,
    limits,
    plan,
    rssBytesMax: undefined,
    start: (open, events) => new LocalRunner({ ...open, limits, threads: plan.threads, checkGoldens }, events),
  });
  await ready;
  return engine;
}
