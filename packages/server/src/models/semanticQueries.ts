import type { SemanticQueries } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { PictureSpec } from '../domain/modelSpec.ts';
import type { ModelSignature } from '../domain/tensor.ts';
import { pinPaddingMask } from '../graph/pinPaddingMask.ts';
import { queryScoresName, withQueryScores } from '../graph/queryScores.ts';
import { signatureOf } from '../graph/signature.ts';
import { knownQueryOutputs } from './queryOutputs.ts';

/** A semantic model whose scores have to be put together from queries, as one that gives them. */
export interface ScoredQueries {
  readonly spec: PictureSpec;
  readonly bytes: Uint8Array;
  readonly signature: ModelSignature;
}

/**
 * The model with its scores as an output; undefined: it gives them itself. Throws Fault `model_invalid` where the outputs are not
 * there, or do not fit the labels or each other.
 */
export function scoredQueries(spec: PictureSpec, bytes: Uint8Array): ScoredQueries | undefined {
  const { manifest, ref, labels } = spec;
  if (manifest.task !== 'semantic' || manifest.output.queries === undefined) return undefined;
  const words: SemanticQueries = manifest.output.queries;
  const pinned = pinPaddingMask(bytes);
  const signature = signatureOf(pinned);
  const { classes, masks } = knownQueryOutputs({ ref, output: words, labels: labels.length }, signature);
  if (!classes || !masks) {
    const missing = classes ? 'masks' : 'classes';
    const known = signature.outputs.map(({ name }) => name).join(', ');
    throw Fault.expected(
      'model_invalid',
      `output.queries.${missing} of ${ref} to be one of ${known}`,
      words[missing] ?? 'nothing',
    );
  }
  const { name = signature.inputs[0]?.name ?? '', layout } = manifest.input;
  const scored = withQueryScores(pinned, {
    classes: classes.name,
    masks: masks.name,
    nullClass: words.nullClass,
    count: labels.length,
    ...(words.sigmoidAt === 'input' ? { growTo: { input: name, layout } } : {}),
  });
  const output = { ...manifest.output, name: queryScoresName, layout: 'nchw' as const };
  return { spec: { ...spec, manifest: { ...manifest, output } }, bytes: scored, signature: signatureOf(scored) };
}
