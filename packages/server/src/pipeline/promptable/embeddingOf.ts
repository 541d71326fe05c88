import type { PromptPlan } from '../../domain/promptPlan.ts';
import type { Work } from '../work.ts';
import type { EmbeddingFound } from './embeddingCache.ts';
import type { OpenPromptable } from './openPromptable.ts';

/**
 * What the encoder makes of the job's picture, or of the part of it that is looked at: made at most once while it is kept. It
 * depends on the picture and the model alone, so that a caller who leaves does not take it from the others.
 */
export function embeddingOf(model: OpenPromptable, work: Work, { digest }: PromptPlan): Promise<EmbeddingFound> {
  const { part } = work.job.header;
  const picture = part ? `${digest} ${part.x},${part.y},${part.width},${part.height}` : digest;
  return model.embeddings.get({ model: model.spec.ref, picture }, async () => {
    const pixels = await work.decode();
    const started = performance.now();
    const embedding = await model.encode(pixels, work.placement.input);
    work.timings.infer += performance.now() - started;
    return embedding;
  });
}
