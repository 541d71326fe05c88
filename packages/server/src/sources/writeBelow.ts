import { open, rm } from 'node:fs/promises';
import path from 'node:path';
import { Fault } from '../domain/fault.ts';
import { namesBelow, outside, unless, walkDown } from './insideFolder.ts';

const nameBytesMax = 200;
const foldersMax = 16;
/** Names tried when a file of that name is there. */
const triesMax = 1000;

/**
 * Writes a new file `name` into `folder` below `top`, which it makes where it is missing, and gives the file's path.
 * Where the name is taken it is `name-2` and so on. Rejects with Fault `source_forbidden` or `source_unavailable`.
 */
export async function writeBelow(top: string, folder: string, name: string, bytes: Uint8Array): Promise<string> {
  const folders = namesBelow(top, folder);
  if (folders.length > foldersMax || folders.some((part) => Buffer.byteLength(part) > nameBytesMax)) throw outside();
  try {
    const here = await walkDown(top, folders, 'folders');
    const { name: stem, ext } = path.parse(plainName(name));
    for (let count = 1; count <= triesMax; count++) {
      const file = path.join(here, count === 1 ? `${stem}${ext}` : `${stem}-${count}${ext}`);
      if (await writeNew(file, bytes)) return file;
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('source_unavailable', 'The result could not be written.', { cause: error });
  }
  throw new Fault('source_unavailable', `There are ${triesMax} results of this name; they have to be cleared away.`);
}

/** False when something of that name is there, be it a link that leads nowhere. */
async function writeNew(file: string, bytes: Uint8Array): Promise<boolean> {
  const handle = await open(file, 'wx').catch(unless('EEXIST'));
  if (handle === undefined) return false;
  try {
    await handle.writeFile(bytes);
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  return true;
}

/** A name that is one name everywhere: no separators, no control characters, not hidden, not too long. */
export function plainName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const plain = name.replace(/[\u0000-\u001f\u007f/\\:*?"<>|]/g, '_').replace(/^[.\s]+|[.\s]+$/g, '');
  const { name: stem, ext } = path.parse(plain.toWellFormed());
  const extension = ext.slice(0, 16);
  let short = stem;
  while (Buffer.byteLength(short + extension) > nameBytesMax) short = [...short].slice(0, -1).join('');
  return `${short || 'result'}${extension}`;
}
