import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { AnswerFormat } from '@segserve/contract';
import { UsageError } from '../usageError.ts';

/** Where answers go: beside each input, into a folder, into one file, or to standard output. */
export type OutputTarget =
  | { readonly kind: 'beside' }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'file'; readonly file: string; readonly format: AnswerFormat }
  | { readonly kind: 'stdout' };

const formatOfExtension: Readonly<Record<string, AnswerFormat>> = {
  '.png': 'png',
  '.webp': 'webp',
  '.avif': 'avif',
  '.jpg': 'jpeg',
  '.jpeg': 'jpeg',
  '.json': 'json',
  '.npy': 'npy',
  '.bin': 'raw',
  '.geojson': 'geojson',
  '.txt': 'txt',
  '.svg': 'svg',
  '.tif': 'tiff',
  '.tiff': 'tiff',
};

/** What -o means. A path is a folder when it is one, ends in a slash, or has no extension. */
export async function outputTarget(
  output: string | undefined,
  options: { readonly cwd: string; readonly readsStdin: boolean },
): Promise<OutputTarget> {
  if (output === '-') return { kind: 'stdout' };
  if (output === undefined) return options.readsStdin ? { kind: 'stdout' } : { kind: 'beside' };
  const absolute = path.resolve(options.cwd, output);
  const isFolder = await stat(absolute).then(
    (found) => found.isDirectory(),
    () => undefined,
  );
  const extension = path.extname(output).toLowerCase();
  if (isFolder === true || /[/\\]$/.test(output) || (isFolder === undefined && extension === '')) {
    return { kind: 'folder', folder: absolute };
  }
  const format = formatOfExtension[extension];
  if (!format) {
    const known = Object.keys(formatOfExtension).join(', ');
    throw new UsageError(`-o: expected a folder or a file ending in ${known}, found "${output}".`);
  }
  return { kind: 'file', file: absolute, format };
}
