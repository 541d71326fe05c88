import type { ChainForeground } from '../../domain/chainSpec.ts';
import type { Region } from '../../domain/geometry.ts';
import type { Instance } from '../instances/instance.ts';
import { componentsOf } from '../regions/regionsOf.ts';
import type { Scene } from '../scene.ts';

/** What is cropped: where it lies, and the instance that it is where it is one. */
export interface Thing {
  readonly box: Region;
  readonly instance: Instance | undefined;
}

interface Wish {
  readonly minArea: number;
  readonly most: number;
}

/** At most `most` things of a scene, the best first: instances by score, connected regions by their size. */
export function thingsOf(scene: Scene, { classes }: ChainForeground, { minArea, most }: Wish): readonly Thing[] {
  if (scene.instances) {
    return scene.instances
      .filter((one) => one.area >= minArea && (classes?.includes(one.class) ?? one.class !== scene.background))
      .slice(0, most)
      .map((instance) => ({ box: instance.box, instance }));
  }
  const { components } = componentsOf(scene, { foreground: classes, minArea, tolerance: 0 });
  return components.list
    .toSorted((a, b) => b.pixels - a.pixels)
    .slice(0, most)
    .map(({ box }) => ({ box, instance: undefined }));
}
