import { glob, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '../usageError.ts';
import { answerWords } from './answerWords.ts';

export interface Input {
  /** As messages call it: relative to the working folder where it lies below it. */
  readonly shown: string;
  /** Absolute; undefined for standard input. */
  readonly file: string | undefined;
  /** Where its answers stand below an output folder, without the file's own name: "" or "holiday/day1". */
  readonly below: string;
}

export interface Collected {
  readonly inputs: readonly Input[];
  /** Pictures that an earlier run has written, which folders and globs pass over. */
  readonly earlierAnswers: number;
}

const pictureName = /\.(jpe?g|jfif|png|webp|avif|tiff?|gif)$/i;
/** Whether a file's name is that of a picture. */
export function isPictureName(name: string): boolean {
  return pictureName.test(name);
}

const answerName = new RegExp(`^(.+)\\.(${answerWords.join('|')})\\.[a-z]+$`);
const wildcard = /[*?[\]{}]/;

/**
 * Files, pictures of folders, globs and "-", in a stable order, each file once. What does not exist is a UsageError
 * before any work is done.
 */
export async function collectInputs(
  words: readonly string[],
  options: { readonly cwd: string; readonly recursive: boolean; readonly outputFolder: string | undefined },
): Promise<Collected> {
  const found = new Map<string, Input>();
  let earlierAnswers = 0;
  for (const word of words) {
    if (word === '-') found.set('-', { shown: 'standard input', file: undefined, below: '' });
    else {
      const { inputs, skipped } = await inputsOf(word, options);
      earlierAnswers += skipped;
      for (const input of inputs) if (!found.has(input.file ?? '-')) found.set(input.file ?? '-', input);
    }
  }
  return { inputs: [...found.values()], earlierAnswers };
}

type Options = Parameters<typeof collectInputs>[1];

async function inputsOf(word: string, options: Options): Promise<{ inputs: Input[]; skipped: number }> {
  const absolute = path.resolve(options.cwd, word);
  const kind = await kindOf(absolute);
  if (kind === 'file') return { inputs: [inputOf(absolute, path.dirname(absolute), options.cwd)], skipped: 0 };
  if (kind === undefined && !wildcard.test(word)) throw new UsageError(`"${word}" does not exist. Check the path.`);
  const root = kind === 'folder' ? absolute : path.resolve(options.cwd, fixedPart(word));
  const files = kind === 'folder' ? await filesOf(absolute, options.recursive) : await globbed(word, options.cwd);
  const pictures = files.filter((file) => pictureName.test(file) && !isBelow(file, options.outputFolder, root));
  const originals = await withoutEarlierAnswers(pictures);
  if (originals.length === 0) throw new UsageError(nothingIn(word, kind === 'folder', options.recursive));
  return {
    inputs: originals.toSorted().map((file) => inputOf(file, root, options.cwd)),
    skipped: pictures.length - originals.length,
  };
}

function nothingIn(word: string, isFolder: boolean, recursive: boolean): string {
  if (!isFolder) return `No picture matches "${word}". Put the pattern in quotes, and check it.`;
  const deeper = recursive ? '' : ' Add --recursive to look into its folders.';
  return `"${word}" holds no picture (jpeg, png, webp, avif, tiff, gif).${deeper}`;
}

function inputOf(file: string, root: string, cwd: string): Input {
  const near = path.relative(cwd, file);
  return { shown: near.startsWith('..') ? file : near, file, below: path.relative(root, path.dirname(file)) };
}

async function kindOf(file: string): Promise<'file' | 'folder' | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found?.isDirectory() ? 'folder' : found ? 'file' : undefined;
}

async function filesOf(folder: string, recursive: boolean): Promise<string[]> {
  const entries = await readdir(folder, { recursive, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name));
  return files.filter((file) => !isHidden(path.relative(folder, file)));
}

/** As a glob passes over names that start with a dot. */
function isHidden(file: string): boolean {
  return file.split(path.sep).some((part) => part.startsWith('.'));
}

async function globbed(pattern: string, cwd: string): Promise<string[]> {
  const files: string[] = [];
  for await (const match of glob(pattern, { cwd })) {
    const file = path.resolve(cwd, match);
    if ((await kindOf(file)) === 'file') files.push(file);
  }
  return files;
}

/** The folders of a glob before its first wildcard: "photos/**" stands in "photos". */
function fixedPart(pattern: string): string {
  const parts = pattern.split('/');
  const first = parts.findIndex((part) => wildcard.test(part));
  return parts.slice(0, first).join('/') || (pattern.startsWith('/') ? '/' : '.');
}

/** Answers of an earlier run into the very folder that is read again would otherwise feed on themselves. */
function isBelow(file: string, outputFolder: string | undefined, root: string): boolean {
  return outputFolder !== undefined && outputFolder !== root && file.startsWith(outputFolder + path.sep);
}

/** Drops photo.cutout.png where photo.jpg or another photo.* stands beside it. */
async function withoutEarlierAnswers(files: readonly string[]): Promise<string[]> {
  const siblings = new Map<string, Set<string>>();
  const kept: string[] = [];
  for (const file of files) {
    const [, original] = answerName.exec(path.basename(file)) ?? [];
    if (original === undefined) {
      kept.push(file);
      continue;
    }
    const folder = path.dirname(file);
    const names = siblings.get(folder) ?? (await originalsIn(folder));
    siblings.set(folder, names);
    if (!names.has(original)) kept.push(file);
  }
  return kept;
}

/** Names of the pictures of a folder, with and without their extension. */
async function originalsIn(folder: string): Promise<Set<string>> {
  const names = (await readdir(folder)).filter((name) => pictureName.test(name));
  return new Set(names.flatMap((name) => [name, path.parse(name).name]));
}
