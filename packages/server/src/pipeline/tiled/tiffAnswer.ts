import type { AnswerPlan } from '../../domain/request.ts';
import type { Georeference } from '../geo/georeference.ts';
import type { Scene } from '../scene.ts';
import { KeptRunsByWish } from './keptRuns.ts';
import { rowAnswer } from './rowAnswer.ts';

/** A picture answer as TIFF, with the georeference of the picture that came in where it has one. */
export async function encodeTiff(scene: Scene, plan: AnswerPlan, geo: Georeference | undefined): Promise<Uint8Array> {
  const { width, height } = scene;
  const options = { width, height, bytesMax: 2 ** 32 - 1, geo, kept: new KeptRunsByWish(scene) };
  const answer = rowAnswer(plan, options);
  await answer.push(scene);
  return answer.end();
}
