import type { ManifestSource, TensorManifestSchema } from '@segserve/contract';
import { stringify } from 'yaml';
import type { z } from 'zod';

export type Skeleton = ManifestSource | z.input<typeof TensorManifestSchema>;

/** A model.yaml to begin with, as text for a note: what the old files say of a model, ready to be corrected. */
export function modelSkeleton(manifest: Skeleton): string {
  const text = stringify(manifest, { lineWidth: 100, collectionStyle: 'any', flowCollectionPadding: true });
  return text
    .trimEnd()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}

/** What may stand as the name of a model: "PP_HumanSeg v2" is "pp_humanseg-v2". */
export function modelNameOf(text: string): string {
  const name = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63);
  return name === '' ? 'converted' : name;
}
