import type { AnswerPlan } from '../../domain/request.ts';
import { opacityOf } from '../postprocess/levels.ts';
import type { Scene } from '../scene.ts';
import { encodePicture, greyJpegQuality } from './picture.ts';
import { encodePng } from './png.ts';

/** Foreground opacity: one 8-bit channel; as JPEG with loss, otherwise without. */
export async function encodeAlpha(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const data = opacityOf(scene, plan);
  if (plan.format === 'png') return encodePng({ data, width, height, smooth: plan.foreground === undefined });
  const quality = plan.quality ?? greyJpegQuality;
  return encodePicture({ data, width, height, channels: 1 }, plan.format, { quality, lossless: true });
}
