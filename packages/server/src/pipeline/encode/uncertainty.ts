import type { UncertaintyMeasure } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import type { Scene } from '../scene.ts';
import { npyBytes } from './npy.ts';
import { encodeShares } from './shares.ts';

/** Where the model is unsure, 0…1: a grey picture, or float32 [height, width]. */
export async function encodeUncertainty(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const values = scene.alpha ? ofAlpha(scene.alpha, plan.measure) : scene.scores?.uncertainty(plan.measure);
  if (values === undefined) throw new Fault('internal', `The scores of ${scene.spec.ref} are not there.`);
  if (plan.format !== 'png') return npyBytes(values, [scene.height, scene.width]);
  return encodeShares(scene, values, plan.depth);
}

/** Of two classes: margin 1 − |2α − 1|, entropy in bits. */
function ofAlpha(alpha: Uint8Array, measure: UncertaintyMeasure): Float32Array {
  const bits = (share: number) => (share > 0 ? -share * Math.log2(share) : 0);
  const table = Float32Array.from({ length: 256 }, (_, value) => {
    const share = value / 255;
    return measure === 'margin' ? 1 - Math.abs(2 * share - 1) : bits(share) + bits(1 - share);
  });
  return Float32Array.from(alpha, (value) => table[value]!);
}
