import type { AnswerPlan } from '../../domain/request.ts';
import { foregroundAlpha } from '../postprocess/foreground.ts';
import type { Scene } from '../scene.ts';
import { encodePicture } from './picture.ts';
import { encodePng } from './png.ts';

/** Foreground opacity: one 8-bit channel, without loss. */
export async function encodeAlpha(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const data = foregroundAlpha(scene, plan.foreground);
  if (plan.format === 'png') return encodePng({ data, width, height, smooth: plan.foreground === undefined });
  return encodePicture({ data, width, height, channels: 1 }, plan.format, { quality: undefined, lossless: true });
}
