import { configGroups, configKeys } from './configKeys.ts';
import type { ConfigSource } from './configSchema.ts';
import { didYouMean } from './nearest.ts';
import type { Setting, Settings } from './setting.ts';

/** The settings of a plain object, for programs and tests that start segserve without a file. `name` stands in complaints. */
export function codeSettings(source: ConfigSource, folder: string, name = 'config'): Settings {
  const settings: Setting[] = [];
  const complaints: string[] = [];
  const walk = (group: object, prefix: string): void => {
    for (const [part, value] of Object.entries(group)) {
      const key = prefix + part;
      if (value === undefined) continue;
      if (configGroups.has(key) && typeof value === 'object' && value !== null) walk(value, `${key}.`);
      else if (configKeys.has(key)) {
        settings.push({ key, value, origin: { source: 'code', name }, folder });
      } else complaints.push(`${name}: ${key}: unknown key.${didYouMean(key, configKeys.keys())}`);
    }
  };
  walk(source, '');
  return { settings, complaints };
}
