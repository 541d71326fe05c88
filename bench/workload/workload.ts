import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { availableCores } from '../../packages/server/src/engine/cores.ts';
import { packageName, writePackage } from './packages.ts';
import { makePictures, type Pictures } from './pictures.ts';

/** What every measure works on. */
export interface Workload extends AsyncDisposable {
  readonly cores: number;
  readonly quick: boolean;
  /** A folder of this run; goes with it. */
  readonly folder: string;
  readonly pictures: Pictures;
  readonly models: readonly ModelUnderTest[];
  /** Folders for the server's --models. */
  readonly packages: readonly string[];
  /** `full` of them, or few when only the bench itself is tried. */
  times(full: number): number;
}

export interface ModelUnderTest {
  /** As the server calls it. */
  readonly name: string;
  /** As the in-process pipeline finds it: a package's folder, or `portrait`. */
  readonly where: string;
}

export async function makeWorkload(quick: boolean): Promise<Workload> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'segserve-bench-'));
  const size = { side: 512, classes: 21 };
  const packages = path.join(folder, 'served');
  const where = await writePackage(packages, size);
  return {
    cores: availableCores().cores,
    quick,
    folder,
    pictures: await makePictures(path.join(folder, 'pictures'), quick ? 12 : 150),
    models: [
      { name: 'portrait', where: 'portrait' },
      { name: packageName(size), where },
    ],
    packages: [packages],
    times: (full) => (quick ? Math.max(2, Math.ceil(full / 8)) : full),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Where an answer of a model is asked for. */
export function segmentUrl(base: string, model: string, answer: string): string {
  return `${base}/v1/models/${model}/segment?answer=${answer}`;
}
