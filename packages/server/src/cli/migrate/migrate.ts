import { Fault } from '../../domain/fault.ts';
import type { Migration, OldConfigReader } from './migration.ts';
import { openOldConfig } from './openOldConfig.ts';
import { oldConfigReaders } from './readers.ts';

export interface Migrated extends Migration {
  /** What was read: "PaddleHub config.json". */
  readonly title: string;
}

/** Reads a predecessor's configuration, whichever it is. Throws Fault `config_invalid` that lists what is understood. */
export async function migrate(named: string, cwd: string, readers?: readonly OldConfigReader[]): Promise<Migrated> {
  const known = readers ?? (await oldConfigReaders());
  const old = await openOldConfig(named, cwd);
  for (const reader of known) {
    if (await reader.recognises(old)) return { title: reader.title, ...(await reader.migrate(old)) };
  }
  const titles = known.map(({ title }) => title).join(', ');
  throw Fault.expected('config_invalid', `${named} to be one of ${titles}`, 'none of them');
}
