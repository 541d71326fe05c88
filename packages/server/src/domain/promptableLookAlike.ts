import type { PictureSpec, PromptableSpec } from './modelSpec.ts';

/**
 * A promptable model's answer is an opacity, like a matting model's: what plans answers, prepares pictures and encodes
 * scenes sees the model so.
 */
export function lookAlikeOf({ manifest, ...spec }: PromptableSpec): PictureSpec {
  const { output, decoder: _, ...common } = manifest;
  return {
    ...spec,
    manifest: {
      ...common,
      task: 'matting',
      output: { kind: 'logits', foreground: 0, threshold: output.threshold, upsample: 'linear' },
      golden: [],
    },
  };
}
