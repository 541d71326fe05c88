import type { ModelDetail } from '@segserve/contract';
import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';

/** One version of a model under the name that a client uses. */
export interface ServedModel {
  readonly name: string;
  readonly version: string;
  /** `name:version`, for the engine. */
  readonly ref: string;
  readonly detail: ModelDetail;
}

/** Which models clients see, and under which names: each under its own, and under those of the configuration. */
export class ModelNames {
  readonly #engine: Engine;
  readonly #aliases: Readonly<Record<string, string>>;

  constructor(engine: Engine, aliases: Readonly<Record<string, string>>) {
    this.#engine = engine;
    this.#aliases = aliases;
  }

  /** Every version of every name. */
  all(): ServedModel[] {
    const own = this.#engine
      .models()
      .filter(({ name }) => !Object.hasOwn(this.#aliases, name))
      .map((detail) => served(detail.name, detail));
    return [...own, ...Object.keys(this.#aliases).flatMap((name) => this.versionsOf(name))];
  }

  /** Throws Fault `unknown_model`. */
  versionsOf(name: string): ServedModel[] {
    const { base, version } = this.#target(name);
    if (version !== undefined) return [this.one(name, '')];
    const found = this.#engine.models().filter((model) => model.name === base);
    if (found.length === 0) this.#engine.model(base);
    return found.map((detail) => served(name, detail));
  }

  /** The newest version when `version` is empty. Throws Fault `unknown_model`. */
  one(name: string, version: string): ServedModel {
    const { base, version: fixed } = this.#target(name);
    if (fixed === undefined) return served(name, this.#engine.model(version === '' ? base : `${base}:${version}`));
    const found = served(name, this.#engine.model(`${base}:${fixed}`));
    if (version === '' || version === found.version) return found;
    const received = `version ${version.slice(0, 40)}`;
    throw Fault.expected('unknown_model', `version ${found.version} of "${name}", its only one`, received);
  }

  #target(name: string): { base: string; version: string | undefined } {
    const ref = Object.hasOwn(this.#aliases, name) ? this.#aliases[name]! : name;
    const colon = ref.indexOf(':');
    if (colon < 0) return { base: ref, version: undefined };
    const version = ref.slice(colon + 1);
    return { base: ref.slice(0, colon), version: version === 'latest' ? undefined : version };
  }
}

function served(name: string, detail: ModelDetail): ServedModel {
  return { name, version: detail.version, ref: `${detail.name}:${detail.version}`, detail };
}
