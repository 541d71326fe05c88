import type { AnswerPlan } from '../../domain/request.ts';
import { foregroundAlpha } from '../postprocess/foreground.ts';
import { bandFor, trimapOf } from '../postprocess/trimap.ts';
import type { Scene } from '../scene.ts';
import { encodePicture } from './picture.ts';
import { encodePng } from './png.ts';

/** Background 0, unknown 128, foreground 255: one 8-bit channel, without loss. */
export async function encodeTrimap(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const data = trimapOf(foregroundAlpha(scene, plan.foreground), scene, plan.bandPixels ?? bandFor(scene));
  if (plan.format === 'png') return encodePng({ data, width, height });
  return encodePicture({ data, width, height, channels: 1 }, plan.format, { quality: undefined, lossless: true });
}
