import { colorOf } from '../../domain/palette.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import { hexOf } from '../instances/instanceColors.ts';
import { segmentColor } from '../instances/segmentColor.ts';
import { wantedInstances } from '../instances/wantedInstances.ts';
import type { Scene } from '../scene.ts';
import { type Components, componentsOfRuns, findComponents } from './components.ts';
import { instanceRegions, type SceneRegion } from './instanceRegions.ts';
import { outline } from './regions.ts';
import { type RunMap, runMapOf } from './runMap.ts';
import { wantedMap } from './wantedMap.ts';

type Wish = Pick<AnswerPlan, 'foreground' | 'minArea' | 'tolerance'>;

/** What was made for one scene, so that several answers of a request share it. */
const made = new WeakMap<Scene, Map<string, unknown>>();

/** The scene's wanted regions as polygons, largest first; those of instances one instance after the other. */
export function regionsOf(scene: Scene, plan: Wish): readonly SceneRegion[] {
  if (scene.instances) {
    const key = `instance regions ${classesOf(scene, plan)} ${plan.tolerance}`;
    return once(scene, key, () => instanceRegions(scene.width, wantedInstances(scene, plan), plan.tolerance));
  }
  const { runs, components } = componentsOf(scene, plan);
  const key = `regions ${classesOf(scene, plan)} ${plan.minArea} ${plan.tolerance}`;
  return once(scene, key, () => outline(runs, components, plan.tolerance));
}

interface FoundComponents {
  readonly runs: RunMap;
  readonly components: Components;
}

/** The wanted classes' map without small regions, and its components. */
export function componentsOf(scene: Scene, plan: Wish): FoundComponents {
  const classes = classesOf(scene, plan);
  return once(scene, `components ${classes} ${plan.minArea}`, () => {
    const map = wantedMap(scene.labels, classes);
    const components = findComponents(map, plan.minArea);
    return { runs: runMapOf(map), components };
  });
}

/** For a scene whose rows have passed and left nothing but the runs of the wanted classes: what its answers are made of. */
export function keepRuns(scene: Scene, plan: Wish, runs: RunMap): void {
  once(scene, `components ${classesOf(scene, plan)} 0`, () => ({ runs, components: componentsOfRuns(runs, 0) }));
}

/** What an answer says of a class. */
export function classFacts(scene: Scene, index: number): { readonly class: number; label: string; color: string } {
  return { class: index, label: labelOf(scene, index), color: colorOf(scene.spec.palette, index) };
}

/** What an answer says of a region: its class, and of which instance it is a part. */
export function regionFacts(scene: Scene, { class: index, instance }: SceneRegion) {
  if (instance === undefined) return classFacts(scene, index);
  const { id, score } = instance;
  return { ...classFacts(scene, index), color: hexOf(segmentColor(scene.spec, instance)), instance: id, score };
}

export function labelOf({ spec }: Scene, index: number): string {
  return spec.labels[index] ?? `class ${index}`;
}

/** The named classes, ascending; without names all but the background. */
export function classesOf(scene: Pick<Scene, 'spec' | 'background'>, { foreground }: Wish): readonly number[] {
  if (foreground !== undefined) return foreground;
  return scene.spec.labels.map((_, index) => index).filter((index) => index !== scene.background);
}

function once<Made>(scene: Scene, key: string, make: () => Made): Made {
  const known = made.get(scene) ?? new Map<string, unknown>();
  made.set(scene, known);
  if (!known.has(key)) known.set(key, make());
  return known.get(key) as Made;
}
