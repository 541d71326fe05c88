import type { Config } from '../../config/config.ts';
import { isPromptable, type ModelSpec } from '../../domain/modelSpec.ts';
import type { Context } from '../context.ts';
import { failureOf } from '../failure.ts';
import { type Check, fail, ok } from './check.ts';
import { samplePicture } from './samplePicture.ts';

/** A click in the middle, for a model that has to be told what to segment. */
function promptsFor(spec: ModelSpec) {
  return isPromptable(spec) ? { prompts: { points: [{ x: 256, y: 256, label: 1 as const }], multimask: false } } : {};
}

/** The whole road once, natives and all: load, decode, infer, encode. */
export async function checkFirstMask(spec: ModelSpec, config: Config, context: Context): Promise<Check> {
  const { limits } = config;
  const startedAt = context.now();
  try {
    const engine = await context.services.openEngine({ models: [spec], limits, threads: config.engine.threads });
    try {
      const { state, error, providers, fusion } = engine.model(spec.ref);
      if (state === 'failed') {
        return fail('first mask', `${spec.ref} did not load: ${error}.`, `See "segserve inspect ${spec.ref}".`);
      }
      const loadedAt = context.now();
      if (spec.manifest.task === 'tensor') {
        const ms = Math.round(loadedAt - startedAt);
        return ok('first mask', `${spec.ref}: loaded in ${ms} ms; it takes tensors and makes no masks (${fusion})`);
      }
      const request = {
        model: spec.ref,
        image: samplePicture(512, 512),
        answers: [{ kind: 'labels' }],
        ...promptsFor(spec),
      } as const;
      await engine.segment(request);
      const load = Math.round(loadedAt - startedAt);
      const mask = Math.round(context.now() - loadedAt);
      const how = `${providers.join(', ') || 'provider unknown'}; ${fusion}`;
      return ok('first mask', `${spec.ref}: loaded in ${load} ms, first mask after ${mask} ms more (${how})`);
    } finally {
      await engine.close({ graceMs: 0 });
    }
  } catch (error) {
    return fail('first mask', failureOf(error).lines.join(' '), 'Run "segserve segment" with --verbose for the stack.');
  }
}
