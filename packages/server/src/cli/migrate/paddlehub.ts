import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import { personModules } from '../run/paddlehub/personModules.ts';
import type { Migration, MigrationNote, OldConfig, OldConfigReader } from './migration.ts';

const moduleInfo = z.object({
  init_args: z.record(z.string(), z.json()).optional(),
  predict_args: z.record(z.string(), z.json()).optional(),
});

const hubConfig = z.object({
  modules_info: z.record(z.string(), moduleInfo),
  port: z.int().min(0).max(65_535).default(8866),
  use_gpu: z.boolean().default(false),
});

/** Keys that stand for something that is settled elsewhere here, by their last part. */
const settledElsewhere: Readonly<Record<string, string>> = {
  use_multiprocess: 'segserve always answers from worker processes; engine.workers sets their number.',
  workers: 'worker processes are planned from the cores; engine.workers sets their number.',
  gpu: "where a model runs stands in its manifest's `devices`.",
};

/** The file that `hub serving start --config` reads. */
export const paddlehubReader: OldConfigReader = {
  title: 'PaddleHub config.json',
  recognises: ({ isFolder, text }) => !isFolder && /"modules_info"\s*:/.test(text) && /^\s*\{/.test(text),
  migrate: async (old) => migrationOf(old),
};

function migrationOf(old: OldConfig): Migration {
  const written = parsed(old);
  const { modules_info: modules, port, use_gpu: useGpu } = checked(written, old);
  const names = Object.keys(modules);
  const predictArgs = Object.fromEntries(
    names.flatMap((name) => {
      const args = modules[name]?.predict_args ?? {};
      return Object.keys(args).length === 0 ? [] : [[name, args]];
    }),
  );
  const wire = {
    name: 'paddlehub',
    // As the predecessor, which listens on every interface.
    host: '0.0.0.0',
    port,
    modules: names,
    ...(Object.keys(predictArgs).length === 0 ? {} : { predictArgs }),
    ...(useGpu ? { useGpu } : {}),
  } as const;
  return { config: { wires: [wire] }, notes: Object.keys(written).flatMap((key) => notesOf(key, written[key])) };
}

function notesOf(key: string, value: unknown): MigrationNote[] {
  switch (key) {
    case 'modules_info':
      return Object.entries(value as Record<string, unknown>).flatMap(([name, info]) => moduleNotes(name, info));
    case 'port':
      return [];
    case 'use_gpu': {
      const says = 'requests may say use_gpu; replies have the form of the CPU server, results in `results`.';
      return value === true ? [{ key, says }] : [];
    }
    default:
      return [{ key, says: settledElsewhere[key] ?? 'is no key of PaddleHub and has no meaning here.' }];
  }
}

function moduleNotes(name: string, info: unknown): MigrationNote[] {
  const { init_args: initArgs = {}, ...others } = info as Record<string, Record<string, unknown>>;
  const place = `modules_info.${name}`;
  const model = personModules.has(name)
    ? 'the built-in `portrait` answers for it, unless `models` of the wire names another.'
    : `no built-in model answers for it: name one as "${name}" under \`models\` of the wire.`;
  const notes: MigrationNote[] = [{ key: place, says: model }];
  for (const key of Object.keys(initArgs)) {
    notes.push({ key: `${place}.init_args.${key}`, says: 'PaddleHub’s own weights are not loaded here.' });
  }
  for (const key of Object.keys(others).filter((one) => one !== 'predict_args')) {
    notes.push({ key: `${place}.${key}`, says: 'is no key of PaddleHub and has no meaning here.' });
  }
  return notes;
}

function parsed({ text, path }: OldConfig): Record<string, unknown> {
  try {
    return JSON.parse(text);
  } catch (error) {
    const received = error instanceof Error ? error.message : String(error);
    throw Fault.expected('config_invalid', `${fileName(path)} to be JSON`, received);
  }
}

function checked(written: unknown, { path }: OldConfig): z.output<typeof hubConfig> {
  const result = hubConfig.safeParse(written);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const key = issue?.path.map(String).join('.') ?? '';
  throw new Fault('config_invalid', `${fileName(path)}: ${key}: ${issue?.message ?? 'cannot be read'}.`);
}

function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}
