import type { ClassMap } from '../../domain/image.ts';
import { traceArcs } from './arcs.ts';
import { type Component, type Components, findComponents } from './components.ts';
import { latticeOf } from './lattice.ts';
import { joinRings, type Ring } from './rings.ts';
import { type RunMap, runMapOf } from './runMap.ts';
import { simplifyArcs } from './simplify.ts';
import { wantedMap } from './wantedMap.ts';

/** One connected region as a polygon. Coordinates are pixel sides: the whole frame is 0, 0 to width, height. */
export interface Region extends Component {
  /** Its place in the list of components. */
  readonly component: number;
  /** Runs around the region with a positive area by the shoelace formula in x right, y down: clockwise on a screen. */
  readonly outer: Ring;
  /** Run the other way round. Rings may touch in points; they never cross. */
  readonly holes: readonly Ring[];
}

export interface RegionOptions {
  /** Class indices, ascending. */
  readonly classes: readonly number[];
  /** Smaller regions are left out, in pixels. */
  readonly minArea: number;
  /** How far a point may change sides, in pixels; 0: every pixel side as it is. */
  readonly tolerance: number;
}

/** Every region of the wanted classes as a polygon, largest first. */
export function traceRegions(map: ClassMap, { classes, minArea, tolerance }: RegionOptions): Region[] {
  const wanted = wantedMap(map, classes);
  const components = findComponents(wanted, minArea);
  return outline(runMapOf(wanted), components, tolerance);
}

/** The components of a map as polygons, largest first. Those that touch share the points of their border. */
export function outline(map: RunMap, components: Components, tolerance: number): Region[] {
  const lattice = latticeOf(map);
  const arcs = simplifyArcs(lattice, traceArcs(lattice), tolerance);
  const regions = components.list.map((one, component) => ({
    ...one,
    component,
    outer: [] as Ring,
    holes: [] as Ring[],
  }));
  for (const { ring, pixelX, pixelY } of joinRings(map, lattice, arcs)) {
    const region = regions[components.at(pixelX, pixelY)]!;
    if (doubleArea(ring) > 0) region.outer = ring;
    else region.holes.push(ring);
  }
  return regions.sort((a, b) => b.pixels - a.pixels);
}

/** Twice the signed area by the shoelace formula. */
export function doubleArea(ring: Ring): number {
  let sum = 0;
  let x = ring.at(-2)!;
  let y = ring.at(-1)!;
  for (let at = 0; at < ring.length; at += 2) {
    sum += x * ring[at + 1]! - ring[at]! * y;
    x = ring[at]!;
    y = ring[at + 1]!;
  }
  return sum;
}
