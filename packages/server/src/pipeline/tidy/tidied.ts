import type { AnswerPlan, MergePlan } from '../../domain/request.ts';
import type { Scene } from '../scene.ts';
import { tidyAlpha } from './tidyAlpha.ts';
import { tidyInstances } from './tidyInstances.ts';
import { tidyLabels } from './tidyLabels.ts';

type Wish = Pick<AnswerPlan, 'minArea' | 'fillHoles' | 'merge'>;

/** What was made for one scene, so that the answers of a request share it. */
const made = new WeakMap<Scene, Map<string, Scene>>();

/** The scene as an answer wants to show it: classes merged, holes filled, small regions gone. The scene itself stays. */
export function tidied(scene: Scene, { minArea, fillHoles, merge }: Wish): Scene {
  if ((minArea === 0 && fillHoles === 0 && merge.length === 0) || scene.classes) return scene;
  const known = made.get(scene) ?? new Map<string, Scene>();
  made.set(scene, known);
  const key = JSON.stringify([minArea, fillHoles, merge]);
  const own = known.get(key) ?? cleaned(merged(scene, merge), { minArea, fillHoles });
  known.set(key, own);
  return own;
}

function cleaned(scene: Scene, wish: Omit<Wish, 'merge'>): Scene {
  if (wish.minArea === 0 && wish.fillHoles === 0) return scene;
  const { alpha, instances, width, background, threshold } = scene;
  if (instances) {
    const tidy = { instances: tidyInstances(instances, width, wish) };
    return scene.with(alpha ? { ...tidy, alpha: tidyAlpha(alpha, scene, threshold, wish) } : tidy);
  }
  if (alpha) return scene.with({ alpha: tidyAlpha(alpha, scene, threshold, wish) });
  return scene.with({ labels: tidyLabels(scene.labels.data, scene, background, wish) });
}

function merged(scene: Scene, merge: readonly MergePlan[]): Scene {
  if (merge.length === 0) return scene;
  const { spec, instances } = scene;
  const table = Uint16Array.from({ length: 65_536 }, (_, index) => index);
  const labels = [...spec.labels];
  for (const { classes, into, label } of merge) {
    for (const index of classes) table[index] = into;
    labels[into] = label;
  }
  const named = { ...spec, labels };
  if (instances) {
    return scene.with({ spec: named, instances: instances.map((one) => ({ ...one, class: table[one.class]! })) });
  }
  return scene.with({ spec: named, labels: scene.labels.data.map((index) => table[index]!) });
}
