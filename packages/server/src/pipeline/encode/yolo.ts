import type { AnswerPlan } from '../../domain/request.ts';
import type { SceneRegion } from '../regions/instanceRegions.ts';
import { keyhole } from '../regions/keyhole.ts';
import { regionsOf } from '../regions/regionsOf.ts';
import type { Ring } from '../regions/rings.ts';
import type { Scene } from '../scene.ts';

/**
 * Ultralytics' segmentation lines, one for each region, or for each instance with all its parts: the class index as in the class map, then x and y of each point
 * as shares of width and height. The format knows no holes: they are joined to the outer line by cuts of no width.
 */
export async function encodeYolo(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const lines = thingsOf(regionsOf(scene, plan)).map((parts) => {
    const index = parts[0]!.class;
    const points = bridged(parts.map(({ outer, holes }) => keyhole(outer, holes))).map((value, at) =>
      share(value, at % 2 === 0 ? width : height),
    );
    return `${index} ${points.join(' ')}\n`;
  });
  return Buffer.from(lines.join(''));
}

/** The regions of one instance are one line; every other region is one. */
function thingsOf(regions: readonly SceneRegion[]): readonly (readonly SceneRegion[])[] {
  return [...Map.groupBy(regions, (region) => region.instance ?? region).values()];
}

/** Outlines in one: from a corner of the first there and back, as with the cuts to holes. */
function bridged(rings: readonly Ring[]): Ring {
  return rings.reduce((joined, ring) => {
    const at = nearest(joined, ring[0]!, ring[1]!);
    const back = [ring[0]!, ring[1]!, joined[at]!, joined[at + 1]!];
    return [...joined.slice(0, at + 2), ...ring, ...back, ...joined.slice(at + 2)];
  });
}

function nearest(ring: Ring, x: number, y: number): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at < ring.length; at += 2) {
    const distance = (ring[at]! - x) ** 2 + (ring[at + 1]! - y) ** 2;
    if (distance >= least) continue;
    least = distance;
    best = at;
  }
  return best;
}

/** Seven digits: a hundredth of a pixel in the largest picture. */
function share(value: number, side: number): number {
  return Math.round((value / side) * 1e7) / 1e7;
}
