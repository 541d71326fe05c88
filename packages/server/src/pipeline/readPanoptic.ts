import type { Tensor } from 'onnxruntime-node';
import type { Size } from '../domain/geometry.ts';
import type { PanopticSpec } from '../domain/modelSpec.ts';
import { querySet } from './postprocess/panoptic/querySet.ts';
import { segmentsIn } from './postprocess/panoptic/segments.ts';
import type { RawAnswer } from './readFused.ts';

/** What a panoptic model gives for one picture. Outputs are chosen and checked here; what is in them, when it is asked for. */
export function readPanoptic(
  outputs: readonly Tensor[],
  names: readonly string[],
  { ref, manifest, labels, backgroundAdded, things = [] }: PanopticSpec,
  input: Size,
): RawAnswer {
  const { output } = manifest;
  const named = new Map(names.map((name, at) => [name, outputs[at]!]));
  const set = querySet(named, output, backgroundAdded ? labels.length - 1 : labels.length, ref);
  const rules = { ...output, input, things: new Set(things) };
  return {
    ...set.size,
    labels: undefined,
    alpha: undefined,
    score: undefined,
    segments: (view, options) => segmentsIn(set, view, rules, options),
  };
}
