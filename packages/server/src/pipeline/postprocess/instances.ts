import type { Instance } from '../instances/instance.ts';
import { measured } from '../instances/spans.ts';
import type { FindInstances, FindOptions } from './instances/found.ts';
import { maskIn, type View } from './instances/maskIn.ts';

/** The things in the picture, highest score first. One whose mask has no pixel here is left out. */
export function instancesIn(view: View, find: FindInstances, options: FindOptions): Instance[] {
  const instances: Instance[] = [];
  for (const found of find(options)) {
    const spans = maskIn(view, found, options.threshold);
    const facts = measured(spans, view.target.width);
    if (facts) instances.push({ id: instances.length + 1, class: found.class, score: found.score, spans, ...facts });
  }
  return instances;
}
