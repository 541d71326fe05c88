import { lstat, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { Fault } from '../domain/fault.ts';

/** The one answer to everything outside, whether it exists or not. */
export function outside(): Fault {
  return new Fault('source_forbidden', 'The path does not stay inside the folder that this server may use.');
}

/** The names on the way from `folder` to `target`, which may be relative to it. Looks at no file. */
export function namesBelow(folder: string, target: string): string[] {
  if (target.includes('\0')) throw outside();
  const relative = path.relative(folder, path.resolve(folder, target));
  const names = relative.split(path.sep).filter((name) => name !== '');
  if (path.isAbsolute(relative) || names[0] === '..') throw outside();
  return names;
}

/**
 * Goes down from `folder` name by name, links resolved and checked before anything behind them is looked at. Throws
 * Fault `source_forbidden` where a link leads out, `source_unavailable` where a name is missing and is not to be made.
 */
export async function walkDown(folder: string, names: readonly string[], make: 'folders' | 'nothing'): Promise<string> {
  const top = await realpath(folder);
  let here = top;
  for (const name of names) {
    const next = path.join(here, name);
    if (make === 'folders') await mkdir(next).catch(unless('EEXIST'));
    here = await realpath(next).catch(async () => {
      throw (await isThere(next)) ? outside() : missing();
    });
    if (here !== top && !here.startsWith(top + path.sep)) throw outside();
  }
  return here;
}

export function missing(): Fault {
  return new Fault('source_unavailable', 'There is no such file that can be read.');
}

export function unless(code: string): (error: NodeJS.ErrnoException) => undefined {
  return (error) => {
    if (error.code !== code) throw error;
  };
}

/** A link that leads nowhere is there too: whether something could be where it leads is not told. */
function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
