import type { Manifest } from '@segserve/contract';
import type { Tensor } from 'onnxruntime-node';
import { hasNaN } from './notNumbers.ts';
import { type RawAnswer, wrongShape } from './readFused.ts';
import { floats } from './readPlain.ts';

/** A classifier's scores, [n, classes] or [n, classes, 1, 1], as a probability for each class. */
export function readClasses(outputs: readonly Tensor[], { output }: Manifest, n: number): RawAnswer[] {
  const [tensor] = outputs;
  const [count, classes, ...rest] = tensor?.dims ?? [];
  if (tensor === undefined || count !== n || !classes || rest.some((side) => side !== 1)) {
    throw wrongShape(tensor, `[${n}, classes] scores`);
  }
  const scores = floats(tensor);
  return Array.from({ length: n }, (_, index) => {
    const own = scores.subarray(index * classes, (index + 1) * classes);
    const probabilities = output.kind === 'logits' ? softmax(own) : own;
    const none = { labels: undefined, alpha: undefined, score: undefined };
    return { width: 1, height: 1, isBroken: hasNaN(own), ...none, classes: probabilities };
  });
}

/** The largest is taken off first: what is left cannot overflow. */
function softmax(scores: Float32Array): Float64Array {
  let most = Number.NEGATIVE_INFINITY;
  for (const score of scores) most = Math.max(most, score);
  const powers = Float64Array.from(scores, (score) => Math.exp(score - most));
  let sum = 0;
  for (const power of powers) sum += power;
  return powers.map((power) => power / sum);
}
