import type { TopClasses } from '@segserve/contract';
import type { AnswerPlan } from '../../domain/request.ts';
import type { Scene } from '../scene.ts';

/** The classes with the highest scores, best first, the lower index first among equals, as JSON. */
export async function encodeTopk({ classes = new Float32Array(), spec }: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const best = [...classes.keys()].sort((a, b) => classes[b]! - classes[a]! || a - b).slice(0, plan.topK);
  const made: TopClasses = {
    classes: best.map((id) => ({ id, label: spec.labels[id] ?? `class ${id}`, score: classes[id]! })),
  };
  return Buffer.from(JSON.stringify(made));
}
