import { configKeys } from './configKeys.ts';
import type { LoadedConfig } from './mergeConfig.ts';
import type { Origin } from './setting.ts';

export interface ExplainedKey {
  readonly key: string;
  readonly value: unknown;
  readonly origin: Origin;
  /** The variable that would set it. */
  readonly variable: string;
}

/** Every key with its value and where that came from, in the order of the schema; keys without a value are left out. */
export function explainConfig({ config, origins }: LoadedConfig): ExplainedKey[] {
  return [...configKeys.values()].flatMap(({ key, variable }) => {
    const origin = origins.get(key);
    return origin ? [{ key, value: valueAt(config, key), origin, variable }] : [];
  });
}

function valueAt(config: unknown, key: string): unknown {
  return key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], config);
}
