import { access } from 'node:fs/promises';
import path from 'node:path';
import { codeSettings } from './codeSettings.ts';
import type { Config } from './config.ts';
import type { ConfigSource } from './configSchema.ts';
import { type Environment, environmentSettings } from './environmentSettings.ts';
import { fileSettings } from './fileSettings.ts';
import { type Flag, flagSettings } from './flagSettings.ts';
import { type LoadedConfig, mergeConfig } from './mergeConfig.ts';
import type { Settings } from './setting.ts';

export type { Flag } from './flagSettings.ts';

export const defaultConfigFile = 'segserve.yaml';

export interface ConfigInputs {
  readonly env: Environment;
  /** Absolute; relative paths in variables and flags start here. */
  readonly cwd: string;
  /** What --config says. */
  readonly file?: string;
  readonly flags?: readonly Flag[];
  /** Under everything but the defaults: what another server's configuration says. */
  readonly base?: { readonly source: ConfigSource; readonly name: string; readonly folder: string };
  /** Whether log lines go to a terminal. */
  readonly terminal?: boolean;
}

/** Defaults < base < file < environment < flags, merged into one frozen value. Throws Fault `config_invalid`. */
export async function loadConfig(inputs: ConfigInputs): Promise<LoadedConfig> {
  const { env, cwd, flags = [], base, terminal = false } = inputs;
  const under = base ? codeSettings(base.source, base.folder, base.name) : { settings: [], complaints: [] };
  const file = await settingsOfFile(inputs);
  const environment = environmentSettings(env, cwd);
  return mergeConfig(
    [...under.settings, ...file.settings, ...environment.settings, ...flagSettings(flags, cwd)],
    [...under.complaints, ...file.complaints, ...environment.complaints],
    terminal,
  );
}

/** For programs and tests: what is given over the defaults; no file and no environment is read. */
export function configOf(source: ConfigSource = {}, folder: string = path.resolve('.')): Config {
  const { settings, complaints } = codeSettings(source, folder);
  return mergeConfig(settings, complaints, false).config;
}

/** --config, else SEGSERVE_CONFIG, else ./segserve.yaml; only the last one may be missing. */
async function settingsOfFile({ env, cwd, file }: ConfigInputs): Promise<Settings> {
  const named = file ?? (env.SEGSERVE_CONFIG || undefined);
  const absolute = path.resolve(cwd, named ?? defaultConfigFile);
  if (named === undefined && !(await exists(absolute))) return { settings: [], complaints: [] };
  return fileSettings(absolute, named ?? defaultConfigFile);
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}
