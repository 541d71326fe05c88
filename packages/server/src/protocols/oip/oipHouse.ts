import type { WireServices } from '../../domain/wire.ts';
import { Descriptions } from './describe.ts';
import type { InferenceHouse } from './inference.ts';
import { ModelNames } from './modelNames.ts';
import { RepositoryControl } from './repositoryControl.ts';
import { type OipSettings, oipOptions } from './settings.ts';
import { Statistics } from './statistics.ts';

/** What both forms of the protocol work with. */
export interface OipHouse extends InferenceHouse {
  readonly version: string;
  readonly names: ModelNames;
  readonly descriptions: Descriptions;
  readonly repository: RepositoryControl;
  /** Whether this version (or the newest, when empty) answers; false for what is unknown. */
  isReady(model: string, version: string): boolean;
}

export function openHouse({ engine, version }: WireServices, settings: OipSettings): OipHouse {
  const options = oipOptions(settings);
  const names = new ModelNames(engine, options.models);
  return {
    engine,
    version,
    options,
    names,
    descriptions: new Descriptions(engine, names, options.listImageInput),
    repository: new RepositoryControl(engine, names, options),
    statistics: new Statistics(),
    isReady(model, asked) {
      try {
        return names.one(model, asked).detail.state === 'ready';
      } catch {
        return false;
      }
    },
  };
}
