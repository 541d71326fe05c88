import { stringify } from 'yaml';
import type { Migrated } from './migrate.ts';

/** segserve.yaml with what could not be carried over as comments on top. */
export function migratedYaml({ title, config, notes }: Migrated, named: string): string {
  const head = [`Made from ${named} (${title}).`, ...noteLines(notes)];
  const comments = head.flatMap((line) => line.split('\n')).map((line) => `# ${line}`.trimEnd());
  const body = Object.keys(config).length === 0 ? '{}\n' : stringify(config, { lineWidth: 110 });
  return `${comments.join('\n')}\n${body}`;
}

/** "worker_nums: engine.workers is planned from the cores." */
export function noteLines(notes: Migrated['notes']): string[] {
  return notes.map(({ key, says }) => `${key}: ${says}`);
}
