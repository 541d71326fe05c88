import type { Config } from '../../config/config.ts';
import type { ModelSpec } from '../../domain/modelSpec.ts';
import type { Context } from '../context.ts';
import { failureOf } from '../failure.ts';
import { modelCatalogue } from '../modelCatalogue.ts';
import { type Check, fail, ok, warn } from './check.ts';

/** Every package valid and its digests right; gives the default model for the next check. */
export async function checkModels(config: Config, context: Context): Promise<{ check: Check; spec?: ModelSpec }> {
  try {
    const specs = await modelCatalogue(config, context);
    const spec = await context.services.resolveModel(specs, config.defaultModel);
    const says = `${specs.map(({ ref }) => ref).join(', ')}; default ${spec.ref}`;
    const restricted = specs.filter(({ manifest }) => manifest.nonCommercial).map(({ ref }) => ref);
    const check =
      restricted.length === 0
        ? ok('models', says)
        : warn('models', `${says}.`, `Not for commercial use: ${restricted.join(', ')}.`);
    return { check, spec };
  } catch (error) {
    return { check: fail('models', failureOf(error).lines.join(' '), 'Correct the package or the path.') };
  }
}
