import { after } from 'node:test';
import type { Engine } from '../../packages/server/src/domain/engineDoor.ts';
import { defaultLimits } from '../../packages/server/src/domain/limits.ts';
import { openInProcess } from '../../packages/server/src/engine/inProcess.ts';
import { builtInModels, findModels, resolveModel } from '../../packages/server/src/models/repository.ts';

/** The real engine in this process with the built-in portrait model; closed when the file's tests have ended. */
export async function openPortrait(): Promise<Engine> {
  const models = [resolveModel(await findModels([builtInModels()]), 'portrait')];
  const engine = await openInProcess({ models, limits: defaultLimits, threads: 1, checkGoldens: false });
  after(() => engine.close());
  return engine;
}
