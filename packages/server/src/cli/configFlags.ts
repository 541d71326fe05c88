import path from 'node:path';
import { type Command, Option } from 'commander';
import type { Flag } from '../config/loadConfig.ts';
import type { LoadedConfig } from '../config/mergeConfig.ts';
import type { Context } from './context.ts';

interface ConfigFlag {
  readonly key: string;
  readonly option: string;
  readonly says: string;
  readonly repeats?: boolean;
  readonly choices?: readonly string[];
}

/** Every flag that sets a configuration key. Values stay text here: config/ checks them and names the flag. */
export const configFlags = {
  models: {
    key: 'models',
    option: '--models <folder>',
    says: 'folder with model packages; may be repeated',
    repeats: true,
  },
  builtIn: {
    key: 'builtInModels',
    option: '--built-in <name>',
    says: 'built-in model to serve, of all; may be repeated',
    repeats: true,
  },
  defaultModel: { key: 'defaultModel', option: '--default-model <name>', says: 'the model of requests that name none' },
  host: { key: 'listen.host', option: '--host <address>', says: 'address to listen on' },
  port: { key: 'listen.port', option: '-p, --port <number>', says: 'port to listen on; 0 takes any free one' },
  wire: {
    key: 'wires',
    option: '--wire <name:port>',
    says: 'another server’s protocol, such as mortred:8091; may be repeated',
    repeats: true,
  },
  corsOrigin: {
    key: 'listen.cors.origins',
    option: '--cors-origin <origin>',
    says: 'origin whose pages may call this server; may be repeated',
    repeats: true,
  },
  tlsCert: { key: 'listen.tls.cert', option: '--tls-cert <file>', says: 'certificate chain for HTTPS, PEM' },
  tlsKey: { key: 'listen.tls.key', option: '--tls-key <file>', says: 'private key for HTTPS, PEM' },
  workers: { key: 'engine.workers', option: '--workers <number>', says: 'engine processes, or "auto"' },
  threads: { key: 'engine.threads', option: '--threads <number>', says: 'inference threads of each worker, or "auto"' },
  logLevel: {
    key: 'log.level',
    option: '--log-level <level>',
    says: 'least important message that is written',
    choices: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
  },
  logFormat: {
    key: 'log.format',
    option: '--log-format <format>',
    says: 'form of log lines',
    choices: ['auto', 'json', 'pretty'],
  },
} as const satisfies Record<string, ConfigFlag>;

export type ConfigFlagName = keyof typeof configFlags;
export const serveFlagNames = Object.keys(configFlags) as ConfigFlagName[];

/** Adds `--config` and the named flags. */
export function withConfigFlags(command: Command, names: readonly ConfigFlagName[]): Command {
  command.option('--config <file>', 'configuration file; ./segserve.yaml when absent');
  for (const name of names) {
    const { option, says, repeats, choices }: ConfigFlag = configFlags[name];
    const added = new Option(option, says);
    if (choices) added.choices(choices);
    if (repeats) added.argParser((value: string, before: string[] | undefined) => [...(before ?? []), value]);
    command.addOption(added);
  }
  return command;
}

/** Defaults, file, environment and the flags of this command line. Throws Fault `config_invalid`. */
export async function configFrom(command: Command, context: Context): Promise<LoadedConfig> {
  const { loadConfig } = await import('../config/loadConfig.ts');
  const given: Readonly<Record<string, unknown>> = command.opts();
  const flags = serveFlagNames.flatMap((name): Flag[] => {
    const value = given[name];
    if (value === undefined) return [];
    const [flag = ''] = /--\S+/.exec(configFlags[name].option) ?? [];
    return [{ key: configFlags[name].key, flag, value: value as string | string[] }];
  });
  const base = typeof given.from === 'string' ? await migratedBase(given.from, context) : undefined;
  return loadConfig({
    ...(base ? { base } : {}),
    env: context.env,
    cwd: context.cwd,
    flags,
    terminal: context.stderr.isTTY,
    ...(typeof given.config === 'string' ? { file: given.config } : {}),
  });
}

/** What `--from` names, as configuration; what could not be carried over is told on standard error. */
async function migratedBase(named: string, context: Context) {
  const { migrate } = await import('./migrate/migrate.ts');
  const { noteLines } = await import('./migrate/migratedYaml.ts');
  const { config, notes, title } = await migrate(named, context.cwd);
  const lines = [`${named} read as ${title}.`, ...noteLines(notes)];
  await context.stderr.write(lines.map((line) => `segserve: ${line}\n`).join(''));
  return { source: config, name: named, folder: path.dirname(path.resolve(context.cwd, named)) };
}
