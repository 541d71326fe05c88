import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import type { ModelNames, ServedModel } from './modelNames.ts';
import type { OipOptions } from './settings.ts';
import { Unsupported } from './unsupported.ts';

export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: 'READY' | 'LOADING' | 'UNAVAILABLE';
  readonly reason: string;
}

/** The repository of models as Triton's `extension_model_repository.md` shows and moves it. */
export class RepositoryControl {
  readonly #engine: Engine;
  readonly #names: ModelNames;
  readonly #isExplicit: boolean;

  constructor(engine: Engine, names: ModelNames, { modelControl }: OipOptions) {
    this.#engine = engine;
    this.#names = names;
    this.#isExplicit = modelControl === 'explicit';
  }

  /** Every version of every model; with `onlyReady`, those that answer. */
  index(onlyReady: boolean): IndexEntry[] {
    const entries = this.#names.all().map(entryOf);
    return onlyReady ? entries.filter(({ state }) => state === 'READY') : entries;
  }

  /** All versions of the model. `parameters`: names of what the request says besides; another configuration is none of ours. */
  async load(name: string, parameters: readonly string[]): Promise<void> {
    const versions = this.#controlled(name);
    const [override] = parameters;
    if (override !== undefined) {
      const message = `A model is loaded here as its package says; "${override.slice(0, 60)}" cannot be given with the request.`;
      throw new Unsupported(message);
    }
    for (const { ref } of versions) await this.#engine.load(ref);
  }

  /** All versions of the model; `unload_dependents` changes nothing, as no model depends on another. */
  async unload(name: string): Promise<void> {
    for (const { ref } of this.#controlled(name)) await this.#engine.unload(ref);
  }

  #controlled(name: string): readonly ServedModel[] {
    if (name === '') throw Fault.expected('invalid_request', 'the name of a model', 'nothing');
    const versions = this.#names.versionsOf(name);
    if (this.#isExplicit) return versions;
    const message =
      'Loading and unloading over this protocol is switched off; the setting `modelControl: explicit` allows it.';
    throw new Unsupported(message);
  }
}

function entryOf({ name, version, detail }: ServedModel): IndexEntry {
  const { state, error } = detail;
  if (state === 'ready') return { name, version, state: 'READY', reason: '' };
  if (state === 'loading') return { name, version, state: 'LOADING', reason: '' };
  return { name, version, state: 'UNAVAILABLE', reason: error ?? state };
}
