import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { backgroundPattern } from '../../domain/matteOptions.ts';
import type { Extras } from '../../domain/request.ts';
import { UsageError } from '../usageError.ts';
import { type Input, isPictureName } from './collectInputs.ts';

/** What the command line says of pictures beside those that are segmented. */
export interface ExtraWords {
  /** `#rrggbb` and so on, or the file of a picture. */
  readonly background?: string;
  /** A file, or a folder with a trimap of each picture's name. */
  readonly trimap?: string;
}

/** Whether --background names a file. */
export function namesPicture(background: string): boolean {
  return !backgroundPattern.test(background) && isPictureName(background);
}

/** What stands beside each input. What does not exist is a UsageError before any work is done. */
export async function extraPictures(
  words: ExtraWords,
  inputs: readonly Input[],
  cwd: string,
): Promise<(input: Input) => Promise<Extras<Uint8Array>>> {
  const named = words.background !== undefined && namesPicture(words.background) ? words.background : undefined;
  const background = named === undefined ? undefined : await readNamed('--background', path.resolve(cwd, named), named);
  const trimaps = words.trimap === undefined ? undefined : await trimapFiles(words.trimap, inputs, cwd);
  return async (input) => {
    const file = trimaps?.get(input);
    return { ...(background && { background }), ...(file === undefined ? {} : { trimap: await readFile(file) }) };
  };
}

async function trimapFiles(word: string, inputs: readonly Input[], cwd: string): Promise<Map<Input, string>> {
  const absolute = path.resolve(cwd, word);
  const found = await stat(absolute).catch(() => undefined);
  if (found === undefined) throw new UsageError(`--trimap: "${word}" does not exist. Check the path.`);
  if (!found.isDirectory()) {
    const [input, ...others] = inputs;
    if (input && others.length === 0) return new Map([[input, absolute]]);
    throw new UsageError(`--trimap: one file is for one picture, found ${inputs.length}. Name a folder of trimaps.`);
  }
  const byStem = new Map((await readdir(absolute)).filter(isPictureName).map((name) => [path.parse(name).name, name]));
  return new Map(
    inputs.map((input) => {
      const name = byStem.get(path.parse(input.file ?? 'stdin').name);
      if (name === undefined) throw new UsageError(`--trimap: "${word}" holds no trimap named like ${input.shown}.`);
      return [input, path.join(absolute, name)];
    }),
  );
}

async function readNamed(flag: string, file: string, word: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch {
    throw new UsageError(`${flag}: "${word}" cannot be read. Check the path.`);
  }
}
