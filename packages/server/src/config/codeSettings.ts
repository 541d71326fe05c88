import { configGroups, configKeys } from './configKeys.ts';
import type { ConfigSource } from './configSchema.ts';
import { didYouMean } from './nearest.ts';
import type { Setting, Settings } from './setting.ts';

/** The settings of a plain object, for programs and tests that start segserve without a file. */
export function codeSettings(source: ConfigSource, folder: string): Settings {
  const settings: Setting[] = [];
  const complaints: string[] = [];
  const walk = (group: object, prefix: string): void => {
    for (const [name, value] of Object.entries(group)) {
      const key = prefix + name;
      if (value === undefined) continue;
      if (configGroups.has(key) && typeof value === 'object' && value !== null) walk(value, `${key}.`);
      else if (configKeys.has(key)) {
        settings.push({ key, value, origin: { source: 'code', name: 'config' }, folder });
      } else complaints.push(`config: ${key}: unknown key.${didYouMean(key, configKeys.keys())}`);
    }
  };
  walk(source, '');
  return { settings, complaints };
}
