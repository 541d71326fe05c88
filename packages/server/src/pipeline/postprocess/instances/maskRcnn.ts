import type { OutputOf } from '@segserve/contract';
import { Fault } from '../../../domain/fault.ts';
import type { Size } from '../../../domain/geometry.ts';
import { type Classes, classOf } from './classOf.ts';
import type { FindInstances, Found } from './found.ts';
import { bestFirst } from './nms.ts';
import { checkScore, integers, isFloat, numbers, type Outputs, outputOf, shown } from './outputs.ts';

/**
 * Mask R-CNN: N chosen boxes with class, score and mask. Masks of the input's own size lie over it (torchvision's whole
 * graph); smaller ones are pasted into their boxes (the ONNX model zoo, Detectron2).
 */
export function readMaskRcnn(
  outputs: Outputs,
  output: OutputOf<'mask-rcnn'>,
  classes: Classes,
  input: Size,
): FindInstances {
  const boxes = outputOf(outputs, 'boxes', output.boxes, {
    what: 'boxes, float [N,4]',
    fits: (dims, type) => isFloat(type) && dims.length === 2 && dims[1] === 4,
  });
  const labels = outputOf(outputs, 'labels', output.labels, {
    what: 'class numbers, integers [N]',
    fits: (dims, type) => !isFloat(type) && dims.length === 1,
  });
  const scores = outputOf(outputs, 'scores', output.scores, {
    what: 'scores, float [N]',
    fits: (dims, type) => isFloat(type) && dims.length === 1,
  });
  const masks = outputOf(outputs, 'masks', output.masks, {
    what: 'masks [N,C,h,w]',
    fits: (dims) => dims.length === 4,
  });
  const count = boxes.dims[0]!;
  for (const other of [labels, scores, masks]) {
    if (other.dims[0] === count) continue;
    throw Fault.expected('model_invalid', `class, score and mask for each of ${count} boxes`, shown(other));
  }
  const [channels, height, width] = masks.dims.slice(1) as [number, number, number];
  const corners = numbers(boxes);
  const kinds = integers(labels);
  const values = numbers(scores);
  const planes = numbers(masks);
  const area = width * height;
  const isWhole = width === input.width && height === input.height;
  const maskOf = (at: number) => {
    const from = (at * channels + channelOf(kinds[at]!, channels, classes)) * area;
    return planes.subarray(from, from + area);
  };
  return ({ scoreThreshold, maxInstances }) => {
    const found: Found[] = [];
    for (let at = 0; at < count; at++) {
      const score = values[at]!;
      checkScore(score);
      if (score < scoreThreshold) continue;
      const [left, top, right, bottom] = corners.subarray(at * 4, at * 4 + 4) as unknown as [
        number,
        number,
        number,
        number,
      ];
      const index = classOf(kinds[at]!, classes);
      const data = maskOf(at);
      const whole = { left: 0, top: 0, right: width, bottom: height };
      found.push({
        class: index,
        score,
        box: { left, top, right, bottom },
        shape: isWhole
          ? { kind: 'plane', plane: () => ({ data, width, height, area: whole }), crop: false }
          : { kind: 'pasted', data, width, height },
      });
    }
    return bestFirst(found, maxInstances);
  };
}

/** One mask for all classes, or one for each: then the model's number says which, from the first label on where they are as many. */
function channelOf(number: number, channels: number, { first, count }: Classes): number {
  if (channels === 1) return 0;
  const channel = channels === count ? number - first : number;
  if (channel >= 0 && channel < channels) return channel;
  throw Fault.expected('model_invalid', `a mask for class ${number}`, `masks of ${channels} classes`);
}
