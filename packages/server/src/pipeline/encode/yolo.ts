import type { AnswerPlan } from '../../domain/request.ts';
import { keyhole } from '../regions/keyhole.ts';
import { regionsOf } from '../regions/regionsOf.ts';
import type { Scene } from '../scene.ts';

/**
 * Ultralytics' segmentation lines, one for each region: the class index as in the class map, then x and y of each point
 * as shares of width and height. The format knows no holes: they are joined to the outer line by cuts of no width.
 */
export async function encodeYolo(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const lines = regionsOf(scene, plan).map(({ class: index, outer, holes }) => {
    const points = keyhole(outer, holes).map((value, at) => share(value, at % 2 === 0 ? width : height));
    return `${index} ${points.join(' ')}\n`;
  });
  return Buffer.from(lines.join(''));
}

/** Seven digits: a hundredth of a pixel in the largest picture. */
function share(value: number, side: number): number {
  return Math.round((value / side) * 1e7) / 1e7;
}
