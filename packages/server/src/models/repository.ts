import { existsSync, readdirSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Fault } from '../domain/fault.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { allInOrder } from './allInOrder.ts';
import { loadPackage } from './loadPackage.ts';
import { manifestFile } from './readManifest.ts';
import { resolveChains } from './resolveChains.ts';

export { resolveModel } from './resolveModel.ts';

/**
 * All packages below the given folders, in the order of folder, name, version. A folder is a repository
 * (`<root>/<name>/<version>/model.yaml`), or a package itself (`model.yaml` inside). A name:version found twice is an
 * error, since nobody could tell which one answers. Only the built-in models give way: a package of the caller's own hides all of
 * them that have its name, so that a release with more of them changes no name that is in use.
 */
export async function findModels(folders: readonly string[]): Promise<ModelSpec[]> {
  const packages = (await allInOrder(folders.map(packageFolders))).flat();
  const specs = withoutHidden(await allInOrder([...new Set(packages)].map(loadPackage)));
  const seen = new Map<string, string>();
  for (const { ref, folder } of specs) {
    const other = seen.get(ref);
    if (other)
      throw new Fault(
        'model_invalid',
        `${ref} stands in two folders: ${other} and ${folder}. Remove one or raise its version.`,
      );
    seen.set(ref, folder);
  }
  return resolveChains(specs);
}

function withoutHidden(specs: readonly ModelSpec[]): ModelSpec[] {
  const taken = new Set(specs.filter((spec) => !isBuiltIn(spec)).map(({ manifest }) => manifest.name));
  return specs.filter((spec) => !isBuiltIn(spec) || !taken.has(spec.manifest.name));
}

/** Whether the package comes with segserve. */
export function isBuiltIn({ folder }: ModelSpec): boolean {
  return !path.relative(builtInModels(), folder).startsWith('..');
}

/** The folder of the models that come with segserve. */
export function builtInModels(): string {
  // The build copies them beside its code; in a checkout they lie at the root of the repository.
  const candidates = ['../built-in-models/', '../../../../models/'].map((up) =>
    fileURLToPath(new URL(up, import.meta.url)),
  );
  const found = candidates.find((folder) => existsSync(folder));
  if (!found) throw new Fault('internal', `The built-in models are missing: looked in ${candidates.join(' and ')}.`);
  return found;
}

/**
 * Folders of the built-in models with these names; `all` stands for every one. Throws Fault `config_invalid` that lists the
 * known ones.
 */
export function builtInFolders(names: readonly string[]): string[] {
  const root = builtInModels();
  if (names.includes('all')) return [root];
  const known = readdirSync(root, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map((name) => {
    if (known.some((entry) => entry.name === name)) return path.join(root, name);
    const listed = known.map((entry) => entry.name).toSorted();
    throw Fault.expected('config_invalid', `builtInModels: all, or of ${listed.join(', ')}`, name);
  });
}

async function packageFolders(root: string): Promise<string[]> {
  const absolute = path.resolve(root);
  const isFolder = await stat(absolute).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) throw new Fault('model_invalid', `${root}: expected a folder of model packages, found nothing there.`);
  if (existsSync(path.join(absolute, manifestFile))) return [absolute];
  const found: string[] = [];
  for (const name of await subfolders(absolute)) {
    if (existsSync(path.join(name, manifestFile))) found.push(name);
    else
      for (const version of await subfolders(name))
        if (existsSync(path.join(version, manifestFile))) found.push(version);
  }
  if (found.length === 0) {
    throw new Fault(
      'model_invalid',
      `${root}: holds no model package. Expected ${path.join(root, '<name>', '<version>', manifestFile)}.`,
    );
  }
  return found;
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink()).map((entry) => entry.name);
  return names
    .filter((name) => !name.startsWith('.'))
    .toSorted()
    .map((name) => path.join(folder, name));
}
