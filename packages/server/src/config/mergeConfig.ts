import { Fault } from '../domain/fault.ts';
import { checkSetting } from './checkSetting.ts';
import type { Config } from './config.ts';
import { configKeys } from './configKeys.ts';
import { deepFreeze } from './deepFreeze.ts';
import { derive, type Entries } from './derive.ts';
import type { Origin, Setting } from './setting.ts';

export interface LoadedConfig {
  readonly config: Config;
  /** Where each value came from, by key; keys without a value are missing. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/**
 * Settings in rising order of precedence, over the defaults. Every setting is checked, also one that a later source
 * overrules: a mistake does not wait for the day on which the flag is left out.
 * Throws Fault `config_invalid` with one line per mistake.
 */
export function mergeConfig(
  settings: readonly Setting[],
  complaintsSoFar: readonly string[],
  terminal: boolean,
): LoadedConfig {
  const complaints = [...complaintsSoFar];
  const entries: Entries = new Map();
  for (const { key, defaultValue } of configKeys.values()) {
    if (defaultValue === undefined) continue;
    entries.set(key, { value: defaultValue, origin: { source: 'default', name: 'default' } });
  }
  for (const setting of settings) {
    const checked = checkSetting(setting);
    if ('complaint' in checked) complaints.push(checked.complaint);
    else entries.set(setting.key, { value: checked.value, origin: setting.origin });
  }
  complaints.push(...derive(entries, terminal));
  if (complaints.length > 0) throw new Fault('config_invalid', complaints.join('\n'));
  const origins = new Map([...entries].map(([key, { origin }]) => [key, origin]));
  return { config: deepFreeze(treeOf(entries)) as unknown as Config, origins };
}

interface Tree {
  [name: string]: unknown;
}

/** Copies lists, so that freezing never reaches a value that is shared with the schema's defaults. */
function treeOf(entries: Entries): Tree {
  const root: Tree = {};
  for (const [key, { value }] of entries) {
    const parts = key.split('.');
    const last = parts.pop() ?? key;
    let at = root;
    for (const part of parts) {
      at[part] ??= {};
      at = at[part] as Tree;
    }
    at[last] = Array.isArray(value) ? [...value] : value;
  }
  return root;
}
