import { stat } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import type { Config } from '../../config/config.ts';
import type { ConfigSource } from '../../config/configSchema.ts';
import type { Context, RunningServer } from '../context.ts';
import type { Migration } from '../migrate/migration.ts';
import { UsageError } from '../usageError.ts';
import { hubConfigOf, type StartOptions } from './hubConfigOf.ts';
import { processStamp } from './processStamp.ts';
import { forgetServing, servingFile, writeServing } from './servingFile.ts';

type HubWire = Extract<Config['wires'][number], { name: 'paddlehub' }>;

/** `segserve serving start`; gives the exit code. */
export async function startServing(
  service: string | undefined,
  options: StartOptions,
  context: Context,
): Promise<number> {
  if (service !== undefined) throw new UsageError(`There is no ${service} here: segserve serves pictures alone.`);
  const migration = await migrationOf(options, context);
  if (typeof migration === 'string') return refused(migration, context);
  const config = await configOfServing(migration.config, options, context);
  const wire = config.wires.find((one): one is HubWire => one.name === 'paddlehub')!;
  const occupied = `Port ${wire.port} is occupied, please change it.`;
  if (await isOccupied(wire.port)) return refused(occupied, context);
  // Of the command line only what was asked for in vain; of a file all that a reader of it may miss.
  const notes = migration.notes.filter(({ key }) => options.config !== undefined || !key.startsWith('modules_info.'));
  await context.stderr.write(notes.map(({ key, says }) => `segserve: ${key}: ${says}\n`).join(''));
  if (options.config === undefined && options.use_gpu && options.use_multiprocess) {
    await context.stderr.write('segserve: `use_multiprocess` is ignored with `use_gpu`.\n');
  }
  const { serveConfig } = await import('../serve/serveUntilStopped.ts');
  try {
    return await serveConfig(config, context, (server) => leaveWord(server, wire, context));
  } catch (error) {
    const { code, port } = ((error as Error).cause ?? error) as NodeJS.ErrnoException & { port?: number };
    if (code !== 'EADDRINUSE' || port !== wire.port) throw error;
    return refused(occupied, context);
  }
}

async function refused(sentence: string, context: Context): Promise<number> {
  await context.stderr.write(`${sentence}\n`);
  return 1;
}

/** What is to be served, of the file where one is named, else of the options; a text says why neither can be. */
async function migrationOf(options: StartOptions, { cwd }: Context): Promise<Migration | string> {
  const { paddlehubReader } = await import('../migrate/paddlehub.ts');
  if (options.config === undefined) {
    const text = JSON.stringify(hubConfigOf(options));
    const { config, notes } = await paddlehubReader.migrate({
      path: 'the command line',
      isFolder: false,
      text,
      files: [],
      read: async () => undefined,
    });
    return { config, notes };
  }
  if (!(await exists(path.resolve(cwd, options.config)))) return `${options.config} not exists.`;
  const { migrate } = await import('../migrate/migrate.ts');
  return migrate(options.config, cwd, [paddlehubReader]);
}

/** The configuration of this folder and environment, with this one wire in place of others. */
async function configOfServing(source: ConfigSource, options: StartOptions, context: Context): Promise<Config> {
  const { configOf, loadConfig } = await import('../../config/loadConfig.ts');
  const { env, cwd, stderr } = context;
  const flags = options.models === undefined ? [] : [{ key: 'models', flag: '--models', value: [...options.models] }];
  const { config, origins } = await loadConfig({ env, cwd, flags, terminal: stderr.isTTY });
  const [wire] = source.wires ?? [];
  const mapped = { ...(wire as object), host: options.host, models: modelsOf(options.map ?? []) } as HubWire;
  const { wires } = configOf({ wires: [mapped] });
  // The native API is there too; nobody who starts this expects it on a port of its own choice.
  const port = origins.get('listen.port')?.source === 'default' ? 0 : config.listen.port;
  return { ...config, listen: { ...config.listen, port }, wires };
}

function modelsOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, module, model] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
      if (module !== undefined && model !== undefined) return [module, model];
      throw new UsageError(`--map: expected MODULE=MODEL, found "${pair}".`);
    }),
  );
}

/** Whether somebody answers there already, found out before any model is loaded. */
function isOccupied(port: number): Promise<boolean> {
  if (port === 0) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1000 });
    const settle = (occupied: boolean) => {
      socket.destroy();
      resolve(occupied);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
    socket.once('timeout', () => settle(false));
  });
}

/** Lets `stop` find this process; gives what takes the word back. */
async function leaveWord(server: RunningServer, wire: HubWire, context: Context): Promise<() => Promise<void>> {
  const address = server.addresses.find(({ wires }) => wires.includes('paddlehub'))?.url;
  const port = address === undefined ? wire.port : Number(new URL(address).port);
  const file = servingFile(context, port);
  const { pid } = process;
  const stamp = (await processStamp(pid)) ?? '';
  await writeServing(file, {
    pid,
    module: [...(wire.modules ?? [])],
    start_time: Date.now() / 1000,
    process: stamp,
  });
  return () => forgetServing(file, pid);
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  );
}
