import type { Config } from '../config/config.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { Context } from './context.ts';

/** The built-in models and those of the configured folders. */
export async function modelCatalogue(config: Config, { services }: Context): Promise<ModelSpec[]> {
  return services.findModels([...(await services.builtInFolders(config.builtInModels)), ...config.models]);
}
