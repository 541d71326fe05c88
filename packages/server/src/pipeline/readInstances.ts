import type { Tensor } from 'onnxruntime-node';
import type { Size } from '../domain/geometry.ts';
import type { InstanceSpec } from '../domain/modelSpec.ts';
import type { Classes } from './postprocess/instances/classOf.ts';
import { readDense } from './postprocess/instances/dense.ts';
import type { FindInstances } from './postprocess/instances/found.ts';
import { readFullMasks } from './postprocess/instances/fullMasks.ts';
import { readMaskRcnn } from './postprocess/instances/maskRcnn.ts';
import { readStardist } from './postprocess/instances/stardist.ts';
import { readYolo } from './postprocess/instances/yolo.ts';
import { queryInstances } from './postprocess/panoptic/queryInstances.ts';
import { querySet } from './postprocess/panoptic/querySet.ts';
import type { RawAnswer } from './readFused.ts';

/** What an instance model gives for one picture. Outputs are chosen and checked here; what is in them, when it is asked for. */
export function readInstances(
  outputs: readonly Tensor[],
  names: readonly string[],
  spec: InstanceSpec,
  input: Size,
): RawAnswer {
  const { size, find } = familyOf(new Map(names.map((name, at) => [name, outputs[at]!])), spec, input);
  return { width: size.width, height: size.height, labels: undefined, alpha: undefined, score: undefined, find };
}

type Reading = { readonly size: Size; readonly find: FindInstances };

function familyOf(outputs: ReadonlyMap<string, Tensor>, spec: InstanceSpec, input: Size): Reading {
  const { output, input: rules } = spec.manifest;
  const classes = classesOf(spec);
  switch (output.family) {
    case 'mask-rcnn':
      return { size: input, find: readMaskRcnn(outputs, output, classes, input) };
    case 'yolo':
      return { size: input, find: readYolo(outputs, output, classes, input) };
    case 'full-masks':
      return { size: input, find: readFullMasks(outputs, output, classes, input) };
    case 'dense':
      return readDense(outputs, output, rules.layout, thingOf(spec));
    case 'queries': {
      const set = querySet(outputs, output, classes.count, spec.ref);
      return { size: set.size, find: queryInstances(set, output, input) };
    }
    case 'stardist':
      return { size: input, find: readStardist(outputs, output, rules.layout, thingOf(spec), input) };
  }
}

/** The background that was put behind the labels is none of the model's classes. */
function classesOf({ manifest, labels, backgroundAdded }: InstanceSpec): Classes {
  const first = 'firstClass' in manifest.output ? manifest.output.firstClass : 0;
  return { first, count: backgroundAdded ? labels.length - 1 : labels.length };
}

/** The one class of a model that knows no classes: the first that is not the background. */
function thingOf({ manifest }: InstanceSpec): number {
  return manifest.background === 0 ? 1 : 0;
}
