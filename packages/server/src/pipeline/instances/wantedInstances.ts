import type { AnswerPlan } from '../../domain/request.ts';
import type { Scene } from '../scene.ts';
import type { Instance } from './instance.ts';

/** Those of the named classes, or all; highest score first. */
export function wantedInstances(
  { instances = [] }: Scene,
  { foreground }: Pick<AnswerPlan, 'foreground'>,
): readonly Instance[] {
  return foreground === undefined ? instances : instances.filter((instance) => foreground.includes(instance.class));
}
