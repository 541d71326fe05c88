import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Check, fail, ok } from './check.ts';

export async function checkTemporaryFolder(folder: string = os.tmpdir()): Promise<Check> {
  try {
    const own = await mkdtemp(path.join(folder, 'segserve-'));
    await writeFile(path.join(own, 'probe'), 'segserve');
    await rm(own, { recursive: true });
    return ok('temporary files', folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return fail('temporary files', `${folder} cannot be written (${code}).`, 'Set TMPDIR to a folder that can.');
  }
}
