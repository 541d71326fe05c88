import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { Fault } from '../domain/fault.ts';
import { missing, namesBelow, walkDown } from './insideFolder.ts';

/** The bytes of a regular file below `folder`. Rejects with Fault `source_forbidden` or `source_unavailable`. */
export async function readBelow(folder: string, target: string, bytesMax: number): Promise<Buffer> {
  const names = namesBelow(folder, target);
  try {
    const file = await walkDown(folder, names, 'nothing');
    // The walk has resolved every link: one that stands there now was put there since. A pipe must not be waited for.
    const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { size } = await handle.stat().then((stat) => (stat.isFile() ? stat : Promise.reject(missing())));
      if (size > bytesMax) throw tooMany(bytesMax);
      const bytes = Buffer.allocUnsafeSlow(size);
      let filled = 0;
      while (filled < size) {
        const { bytesRead } = await handle.read(bytes, filled, size - filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return bytes.subarray(0, filled);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault('source_unavailable', missing().message, { cause: error });
  }
}

function tooMany(bytesMax: number): Fault {
  return Fault.expected('source_unavailable', `a file of at most ${bytesMax} bytes`, 'a larger one');
}
