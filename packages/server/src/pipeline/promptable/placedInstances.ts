import type { Region, Size } from '../../domain/geometry.ts';
import type { Instance } from '../instances/instance.ts';

/** Things of a part of the picture in their place in the whole one. */
export function placedInstances(instances: readonly Instance[], part: Region, whole: Size): Instance[] {
  return instances.map((one) => ({
    ...one,
    spans: one.spans.map((at) => {
      const y = Math.floor(at / part.width);
      return (part.y + y) * whole.width + part.x + at - y * part.width;
    }),
    box: { ...one.box, x: one.box.x + part.x, y: one.box.y + part.y },
    centroid: { x: one.centroid.x + part.x, y: one.centroid.y + part.y },
  }));
}
