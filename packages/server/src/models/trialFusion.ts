import { fuse } from '../graph/fuse.ts';
import type { FusionSpec } from '../graph/fusionSpec.ts';
import { GraphError } from '../graph/graphError.ts';
import type { GraphInfo } from '../graph/inspect.ts';
import { fusionNote, mainOutput } from './prepare.ts';

/**
 * What fusion would do for a graph without a manifest, if the guess is right: a sentence for `inspect`. Normalisation
 * cannot be read from a file, so the usual x / 255 stands in for it.
 */
export function trialFusion(bytes: Uint8Array, { guess, outputs }: GraphInfo): string {
  const { layout, task, kind } = guess;
  const [output] = outputs;
  const segments = task === 'semantic' || task === 'matting';
  if (!layout || !kind || !segments || !output) return 'not tried: it does not look like a segmentation model';
  const spec: FusionSpec = {
    input: { layout, channels: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
    output: { name: output.name, kind, layout, foreground: 0, threshold: 0.5 },
    want: { ...mainOutput(task), nan: kind !== 'labels' },
  };
  try {
    return `would be, by this guess: ${fusionNote(fuse(bytes, spec)).replace(/^fused: /, '')}`;
  } catch (error) {
    if (error instanceof GraphError) return `could not be, by this guess: ${error.message}`;
    throw error;
  }
}
