import type { AnswerPlan } from '../../domain/request.ts';
import { regionFacts, regionsOf } from '../regions/regionsOf.ts';
import type { Ring } from '../regions/rings.ts';
import type { Scene } from '../scene.ts';
import { pointsOf } from './polygons.ts';

/**
 * A FeatureCollection (RFC 7946) with a Polygon for each region. A photo has no place on Earth: coordinates are pixels,
 * x to the right and y down, as in every other answer. Rings are closed and follow the right-hand rule (§3.1.6) in
 * these coordinates: outer rings have positive area by the shoelace formula, holes negative.
 */
export async function encodeGeojson(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const features = regionsOf(scene, plan).map((region) => {
    const { pixels, box, outer, holes } = region;
    const { x, y, width, height } = box;
    const properties = JSON.stringify({ ...regionFacts(scene, region), pixels });
    const rings = [outer, ...holes].map(closed).join(',');
    return `{"type":"Feature","bbox":[${x},${y},${x + width},${y + height}],"properties":${properties},"geometry":{"type":"Polygon","coordinates":[${rings}]}}`;
  });
  return Buffer.from(`{"type":"FeatureCollection","features":[${features.join(',')}]}`);
}

function closed(ring: Ring): string {
  return `[${pointsOf(ring)},[${ring[0]},${ring[1]}]]`;
}
