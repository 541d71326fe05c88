import { configKeys } from './configKeys.ts';
import type { Setting } from './setting.ts';

/** One flag of the command line that sets a key. */
export interface Flag {
  readonly key: string;
  /** As the user wrote it: "--port". */
  readonly flag: string;
  /** Several where the flag may be repeated. */
  readonly value: string | readonly string[];
}

export function flagSettings(flags: readonly Flag[], folder: string): Setting[] {
  return flags.map(({ key, flag, value }) => {
    if (!configKeys.has(key)) throw new Error(`${flag} sets "${key}", which is no configuration key.`);
    return { key, value, origin: { source: 'flag', name: flag }, folder };
  });
}
