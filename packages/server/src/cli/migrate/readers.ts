import type { OldConfigReader } from './migration.ts';

/** Every kind of old configuration that is understood; the first that recognises a file reads it. */
export async function oldConfigReaders(): Promise<readonly OldConfigReader[]> {
  return [];
}
