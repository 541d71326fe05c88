import { ManifestSchema, type ManifestSource } from '@segserve/contract';
import type { PictureSpec } from '../../domain/modelSpec.ts';

type Changes = Partial<Omit<ManifestSource, 'input' | 'output'>> & {
  readonly input?: Partial<ManifestSource['input']>;
  readonly output?: Partial<ManifestSource['output']>;
};

export const colorNames = ['red', 'green', 'blue'];

/** A model package for the graphs of tinyGraph.ts. */
export function tinySpec(changes: Changes = {}): PictureSpec {
  const { input, output, ...rest } = changes;
  const manifest = ManifestSchema.parse({
    schema: 1,
    name: 'tiny',
    version: '1',
    task: 'semantic',
    licence: 'none',
    graph: 'tiny.onnx',
    batching: { run: 'together' },
    ...rest,
    input: { size: { rule: 'fixed', width: 24, height: 16 }, kernel: 'nearest', ...input },
    output: { kind: 'probabilities', ...output },
  });
  const named = manifest.task !== 'matting';
  return {
    ref: 'tiny:1',
    manifest,
    folder: '/nowhere',
    labels: named ? colorNames : ['background', 'foreground'],
    palette: Uint8Array.from(named ? [200, 0, 0, 0, 200, 0, 0, 0, 200] : [0, 0, 0, 255, 128, 0]),
  };
}
