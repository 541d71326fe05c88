import { Fault } from '../../domain/fault.ts';
import type { HuggingfaceSettings } from './settings.ts';

/** Under this organisation, and without any, models go by their names in segserve. */
const ownOrganisation = 'segserve';

export interface ModelNames {
  /** The model of segserve for a name in an address; undefined: no model was named. Throws Fault `unknown_model`. */
  refOf(name: string | undefined): string;
}

/** Which model answers to which name of the Hub. `isKnown`: whether segserve has a model of that name. */
export function modelNames(settings: HuggingfaceSettings, isKnown: (ref: string) => boolean): ModelNames {
  const { models = {}, default: usual = 'portrait', anyName = false } = settings;
  return {
    refOf(name) {
      if (name === undefined) return usual;
      if (Object.hasOwn(models, name)) return models[name]!;
      const own = ownName(name);
      if (own !== undefined && isKnown(own)) return own;
      if (anyName) return usual;
      throw new Fault('unknown_model', `Model ${name.slice(0, 200)} is not served here. ${known(models)}`);
    },
  };
}

function ownName(name: string): string | undefined {
  const [first, second] = name.split('/');
  if (second === undefined) return first;
  return first === ownOrganisation ? second : undefined;
}

function known(models: Readonly<Record<string, string>>): string {
  const names = [...Object.keys(models).slice(0, 20), `${ownOrganisation}/<model of segserve>`];
  return `Expected one of ${names.join(', ')}; the operator names more under \`models\`.`;
}
