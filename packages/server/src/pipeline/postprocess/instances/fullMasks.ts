import type { OutputOf } from '@segserve/contract';
import { Fault } from '../../../domain/fault.ts';
import type { Size } from '../../../domain/geometry.ts';
import { type Classes, classOf } from './classOf.ts';
import type { FindInstances, Found, MaskPlane } from './found.ts';
import { bestFirst } from './nms.ts';
import { checkScore, integers, isFloat, numbers, type Outputs, outputOf, shown } from './outputs.ts';

/** Finished detections [1,N,5], class numbers [1,N] and masks of the whole input [1,N,H,W]; a batch of one may be left out. */
export function readFullMasks(
  outputs: Outputs,
  output: OutputOf<'full-masks'>,
  classes: Classes,
  input: Size,
): FindInstances {
  const detections = outputOf(outputs, 'detections', output.detections, {
    what: 'boxes and scores, float [1,N,5]',
    fits: (dims, type) => isFloat(type) && dims.length <= 3 && dims.at(-1) === 5 && dims.length >= 2,
  });
  const labels = outputOf(outputs, 'labels', output.labels, {
    what: 'class numbers, integers [1,N]',
    fits: (dims, type) => !isFloat(type) && type !== 'bool' && dims.length <= 2 && dims.length >= 1,
  });
  const masks = outputOf(outputs, 'masks', output.masks, {
    what: 'masks [1,N,H,W]',
    fits: (dims, type) => dims.length === 4 || (dims.length === 3 && !(isFloat(type) && dims[2] === 5)),
  });
  const count = detections.dims.at(-2)!;
  const [height, width] = masks.dims.slice(-2) as [number, number];
  if (labels.size !== count || masks.size !== count * height * width) {
    const found = `${shown(labels)} and ${shown(masks)}`;
    throw Fault.expected('model_invalid', `a class number and a mask for each of ${count} detections`, found);
  }
  const rows = numbers(detections);
  const kinds = integers(labels);
  const planes = numbers(masks);
  const area = { left: 0, top: 0, right: input.width, bottom: input.height };
  const planeOf = (at: number): MaskPlane => {
    const own = planes.subarray(at * height * width, (at + 1) * height * width);
    const data = output.masksAre === 'logits' ? own.map((value) => 1 / (1 + Math.exp(-value))) : own;
    return { data, width, height, area };
  };
  return ({ scoreThreshold, maxInstances }) => {
    const found: Found[] = [];
    for (let at = 0, from = 0; at < count; at++, from += 5) {
      const score = rows[from + 4]!;
      checkScore(score);
      if (score < scoreThreshold || kinds[at]! < 0) continue; // rows that pad the number have class −1
      const [left, top, right, bottom] = [rows[from]!, rows[from + 1]!, rows[from + 2]!, rows[from + 3]!];
      const box = { left, top, right, bottom };
      const shape = { kind: 'plane', crop: output.cropToBoxes, plane: () => planeOf(at) } as const;
      found.push({ class: classOf(kinds[at]!, classes), score, box, shape });
    }
    return bestFirst(found, maxInstances);
  };
}
