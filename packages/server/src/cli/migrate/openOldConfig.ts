import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { Fault } from '../../domain/fault.ts';
import type { OldConfig } from './migration.ts';

/** No configuration of any predecessor comes near it; a weights file named by mistake goes far beyond. */
const bytesMax = 4 * 1024 * 1024;

/** A predecessor's file or folder, ready to be read. Throws Fault `config_invalid`. */
export async function openOldConfig(named: string, cwd: string): Promise<OldConfig> {
  const absolute = path.resolve(cwd, named);
  const found = await stat(absolute).catch(() => undefined);
  if (!found) throw Fault.expected('config_invalid', `a configuration file or folder at ${named}`, 'nothing there');
  const isFolder = found.isDirectory();
  const folder = isFolder ? absolute : path.dirname(absolute);
  return {
    path: absolute,
    isFolder,
    text: isFolder ? '' : await textOf(absolute, named),
    files: await readdir(folder),
    async read(relative) {
      const file = path.resolve(folder, relative);
      const real = await realpath(file).catch(() => undefined);
      return real === undefined ? undefined : textOf(real, relative);
    },
  };
}

async function textOf(file: string, named: string): Promise<string> {
  const { size } = await stat(file);
  if (size > bytesMax) {
    throw Fault.expected('config_invalid', `${named} to be a text of at most ${bytesMax} bytes`, `${size} bytes`);
  }
  const bytes = await readFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new Fault('config_invalid', `Expected ${named} to be UTF-8 text but received other bytes.`, { cause });
  }
}
