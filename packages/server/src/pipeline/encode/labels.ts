import { Fault } from '../../domain/fault.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import type { Scene } from '../scene.ts';
import { encodePicture, greyJpegQuality } from './picture.ts';
import { encodePng } from './png.ts';

/** The class map: one channel whose value is the class; 16 bits above 256 classes. A JPEG is only near to it. */
export async function encodeLabels(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { data, width, height } = scene.labels;
  const wide = data instanceof Uint16Array && scene.spec.labels.length > 256;
  const stored = data instanceof Uint16Array && !wide ? new Uint8Array(data) : data;
  if (plan.format === 'png') return encodePng({ data: stored, width, height });
  if (stored instanceof Uint16Array) {
    throw Fault.expected(
      'unknown_answer',
      'PNG for the class map of a model of more than 256 classes',
      `${plan.format}, which holds 8 bits`,
    );
  }
  return encodePicture({ data: stored, width, height, channels: 1 }, plan.format, {
    quality: plan.quality ?? greyJpegQuality,
    lossless: true,
  });
}
