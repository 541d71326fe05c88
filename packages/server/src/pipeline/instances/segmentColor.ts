import type { ModelSpec } from '../../domain/modelSpec.ts';
import type { Instance } from './instance.ts';
import { instanceColor } from './instanceColors.ts';

/** Whether a class is counted one by one, as every class of an instance model is. */
export function isThing({ things }: Pick<ModelSpec, 'things'>, index: number): boolean {
  return things?.includes(index) ?? true;
}

/** The colour that an instance is shown in: its own, or of stuff that of its class. */
export function segmentColor(
  spec: Pick<ModelSpec, 'things' | 'palette'>,
  { id, class: index }: Pick<Instance, 'id' | 'class'>,
): readonly [red: number, green: number, blue: number] {
  if (isThing(spec, index)) return instanceColor(id);
  const [red = 0, green = 0, blue = 0] = spec.palette.subarray(index * 3, index * 3 + 3);
  return [red, green, blue];
}
