import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { PersonModule } from './personModules.ts';

/**
 * Writes a picture as the module would: `<name>.png`, and where that is taken `<name>time=<unix seconds>.png`; a matting
 * module names it for the time alone. Gives its path as Python would print it.
 */
export async function savePicture(
  bytes: Uint8Array,
  { form }: PersonModule,
  place: { readonly cwd: string; readonly folder: string; readonly input: string },
): Promise<string> {
  const { cwd, folder, input } = place;
  await mkdir(path.resolve(cwd, folder), { recursive: true });
  const seconds = Date.now() / 1000;
  const name = path.parse(input).name;
  const names = form === 'matting' ? [String(seconds)] : [name, `${name}time=${Math.floor(seconds)}`];
  for (const [index, one] of names.entries()) {
    const file = path.join(folder, `${one}.png`);
    try {
      // Never over a file that is there already; the predecessor would have replaced the second.
      await writeFile(path.resolve(cwd, file), bytes, { flag: 'wx' });
      return file;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || index === names.length - 1) throw error;
    }
  }
  throw new Error('unreachable');
}
