import path from 'node:path';
import type { ChainManifest } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { manifestFile } from './readManifest.ts';

type CheckFiles = (folder: string, manifest: ChainManifest, others: readonly string[]) => Promise<void>;

/** A package of task chain, its own files checked. The packages that it names are found by resolveChains.ts. */
export async function loadChain(
  folder: string,
  manifest: ChainManifest,
  checkFiles: CheckFiles,
): Promise<ModelSpec<ChainManifest>> {
  if (manifest.golden.some(({ trimap }) => trimap !== undefined)) {
    const file = path.join(folder, manifestFile);
    throw new Fault('model_invalid', `${file}: golden: expected no trimap, since a chain makes its own; found one.`);
  }
  const goldens = manifest.golden.flatMap(({ image, expected }) => [image, expected]);
  await checkFiles(folder, manifest, goldens);
  const ref = `${manifest.name}:${manifest.version}`;
  return Object.freeze({ ref, manifest, folder: path.resolve(folder), labels: [], palette: new Uint8Array(0) });
}
