import type { Instance } from '../instances/instance.ts';
import { cropped } from '../instances/spans.ts';
import { refuseTooMany } from './bordersMax.ts';
import { findComponents } from './components.ts';
import { outline, type Region } from './regions.ts';
import type { Ring } from './rings.ts';
import { runMapOf } from './runMap.ts';

/** A region, and the instance that it is a part of where the model finds instances. */
export interface SceneRegion extends Region {
  readonly instance?: Instance;
}

/** The connected parts of each instance as polygons, largest first. Each is outlined alone: masks may overlap. */
export function instanceRegions(width: number, instances: readonly Instance[], tolerance: number): SceneRegion[] {
  refuseTooMany(instances.reduce((sum, { spans }) => sum + spans.length, 0));
  return instances.flatMap((instance) => {
    const { box, spans, class: index } = instance;
    const map = { data: cropped(spans, width, box), width: box.width, height: box.height, classes: [index] };
    return outline(runMapOf(map), findComponents(map, 0), tolerance).map((region) => ({
      ...region,
      instance,
      box: { ...region.box, x: region.box.x + box.x, y: region.box.y + box.y },
      outer: moved(region.outer, box.x, box.y),
      holes: region.holes.map((hole) => moved(hole, box.x, box.y)),
    }));
  });
}

function moved(ring: Ring, x: number, y: number): Ring {
  return ring.map((value, at) => value + (at % 2 === 0 ? x : y));
}
