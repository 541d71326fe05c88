import type { JsonValue } from '../wire/jsonDocument.ts';

/** What an operator can set of this wire; README.md explains each. */
export interface PaddlehubSettings {
  /** Module of PaddleHub ↦ model of segserve; over the defaults of `hubModules.ts`. */
  readonly models?: Readonly<Record<string, string>> | undefined;
  /** Modules that are loaded, besides those in `models`; the humanseg family when absent. */
  readonly modules?: readonly string[] | undefined;
  /** Module ↦ keyword arguments that hold where a request does not say otherwise. */
  readonly predictArgs?: Readonly<Record<string, Readonly<Record<string, JsonValue>>>> | undefined;
  /** Form of the replies of `/predict/<module>`: release 2.x or 1.8; `2` when absent. */
  readonly version?: '2' | '1.8' | undefined;
  /** Whether `use_gpu: true` is taken. Where a model runs is not for a request to say either way; false when absent. */
  readonly useGpu?: boolean | undefined;
}
