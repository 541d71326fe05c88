import type { AnswerPlan } from '../../domain/request.ts';
import { regionFacts, regionsOf } from '../regions/regionsOf.ts';
import type { Ring } from '../regions/rings.ts';
import type { Scene } from '../scene.ts';

/** Every region as rings of points; written as text here, since objects for millions of points would fill the memory. */
export async function encodePolygons(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const regions = regionsOf(scene, plan).map((region) => {
    const { pixels, box, outer, holes } = region;
    const facts = JSON.stringify({ ...regionFacts(scene, region), pixels, box }).slice(0, -1);
    return `${facts},"outer":${pointList(outer)},"holes":[${holes.map(pointList).join(',')}]}`;
  });
  const head = JSON.stringify({ width, height, tolerance: plan.tolerance }).slice(0, -1);
  return Buffer.from(`${head},"regions":[${regions.join(',')}]}`);
}

function pointList(ring: Ring): string {
  return `[${pointsOf(ring)}]`;
}

/** `[x,y],[x,y]…` */
export function pointsOf(ring: Ring): string {
  let text = '';
  for (let at = 0; at < ring.length; at += 2) text += `${at > 0 ? ',' : ''}[${ring[at]},${ring[at + 1]}]`;
  return text;
}
