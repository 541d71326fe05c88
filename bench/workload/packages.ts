import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type NetworkSize, network } from './network.ts';

export interface PackageOptions extends NetworkSize {
  readonly fusion?: 'auto' | 'off';
}

export function packageName({ side, classes, fusion = 'auto' }: PackageOptions): string {
  return `net${side}-${classes}${fusion === 'off' ? '-plain' : ''}`;
}

/** Writes a generated network as a model package below `root`; gives the package's folder. */
export async function writePackage(root: string, options: PackageOptions): Promise<string> {
  const { side, classes, fusion = 'auto' } = options;
  const name = packageName(options);
  const folder = path.join(root, name, '1');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'network.onnx'), network({ side, classes }));
  const manifest = {
    schema: 1,
    name,
    version: '1',
    task: 'semantic',
    licence: 'Apache-2.0',
    graph: 'network.onnx',
    input: {
      size: { rule: 'fixed', width: side, height: side },
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    },
    output: { kind: 'logits' },
    labels: Array.from({ length: classes }, (_, index) => `class ${index}`),
    // Covers about half of the bench photo at 512² with 21 classes, so that a cut-out is neither empty nor full.
    background: 1,
    fusion,
  };
  await writeFile(path.join(folder, 'model.yaml'), JSON.stringify(manifest, undefined, 2)); // JSON is YAML
  return folder;
}
