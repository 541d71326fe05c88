import type { AnswerPlan } from '../../domain/request.ts';
import type { Scene } from '../scene.ts';
import { foregroundAlpha } from './foreground.ts';

/** Opacity of what an answer shows: its foreground, stretched by its levels. */
export function opacityOf(scene: Scene, { foreground, levels }: Pick<AnswerPlan, 'foreground' | 'levels'>): Uint8Array {
  const alpha = foregroundAlpha(scene, foreground);
  return levels === undefined ? alpha : stretched(alpha, levels);
}

/** `from` and less become 0, `to` and more 255, what is between follows a line. */
function stretched(alpha: Uint8Array, { from, to }: NonNullable<AnswerPlan['levels']>): Uint8Array {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => ((value - from) * 255) / (to - from));
  const out = new Uint8Array(alpha.length);
  for (let index = 0; index < alpha.length; index++) out[index] = table[alpha[index]!]!;
  return out;
}
