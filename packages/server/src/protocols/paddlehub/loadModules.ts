import { Fault } from '../../domain/fault.ts';
import type { JsonValue } from '../wire/jsonDocument.ts';
import { type Family, families } from './families.ts';
import { defaultModules, familyOf, hubModules } from './hubModules.ts';
import type { PaddlehubSettings } from './settings.ts';

/** A module that requests can name. */
export interface LoadedModule {
  readonly name: string;
  readonly family: Family;
  /** `name` or `name:version` of the model that answers. */
  readonly model: string;
  readonly predictArgs: Readonly<Record<string, JsonValue>>;
}

/**
 * Which modules answer, and with what. Throws Fault `config_invalid` for a module that no model was named for: better now
 * than as "not available" at every request.
 */
export function loadModules(settings: PaddlehubSettings): ReadonlyMap<string, LoadedModule> {
  const { models = {}, predictArgs = {}, modules = defaultModules } = settings;
  const names = new Set([...modules, ...Object.keys(models)]);
  return new Map([...names].map((name) => [name, { name, ...load(name, models), predictArgs: argsOf(name) }]));

  function argsOf(name: string): Readonly<Record<string, JsonValue>> {
    return Object.hasOwn(predictArgs, name) ? (predictArgs[name] ?? {}) : {};
  }
}

function load(name: string, models: Readonly<Record<string, string>>): Pick<LoadedModule, 'family' | 'model'> {
  const model = Object.hasOwn(models, name) ? models[name] : hubModules.get(name)?.model;
  if (model !== undefined) return { family: families[familyOf(name)], model };
  const hint = `Name one under \`models\`, as in "${name}: my-model".`;
  throw new Fault('config_invalid', `No model of segserve answers for the PaddleHub module "${name}". ${hint}`);
}
