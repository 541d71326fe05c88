import type { OutputOf } from '@segserve/contract';
import type { Tensor } from 'onnxruntime-node';
import { Fault } from '../../../domain/fault.ts';
import type { Size } from '../../../domain/geometry.ts';
import { type Classes, classOf } from './classOf.ts';
import type { Box, FindInstances, FindOptions, Found, MaskPlane } from './found.ts';
import { bestFirst, suppressed } from './nms.ts';
import { isFloat, numbers, type Outputs, outputOf, shown } from './outputs.ts';
import { type Row, readRows } from './yoloRows.ts';

export type Head = 'v5' | 'v8' | 'end2end';

/** Mask prototypes [k,h,w], which cover the whole input. */
interface Prototypes extends Size {
  readonly data: Float32Array;
  readonly count: number;
}

/**
 * YOLO segmentation: rows of box, scores and k mask coefficients, and k prototypes. A mask is the sigmoid of the sum of the
 * prototypes times the coefficients (YOLACT's idea), cut to its box; it is made for the rows that stay alone.
 */
export function readYolo(outputs: Outputs, output: OutputOf<'yolo'>, classes: Classes, input: Size): FindInstances {
  const maps = outputOf(outputs, 'prototypes', output.prototypes, {
    what: 'mask prototypes, float [1,k,h,w]',
    fits: (dims, type) => isFloat(type) && dims.length === 4 && dims[0] === 1,
  });
  const [, count, height, width] = maps.dims as [number, number, number, number];
  const predictions = outputOf(outputs, 'predictions', output.predictions, {
    what: 'rows of boxes, scores and coefficients, float [1,a,b]',
    fits: (dims, type) => isFloat(type) && dims.length === 3 && dims[0] === 1,
  });
  const head = headOf(predictions, output.head, classes.count, count);
  const prototypes = { data: numbers(maps), count, width, height };
  const data = numbers(predictions);
  const [, first, second] = predictions.dims as [number, number, number];
  return (options) => {
    const rows = readRows(data, head, [first, second], classes.count, options.scoreThreshold);
    return chosen(rows, head, output, options).map((row) => foundIn(row, prototypes, output, classes, input));
  };
}

function chosen(
  rows: readonly Row[],
  head: Head,
  output: OutputOf<'yolo'>,
  { maxInstances }: FindOptions,
): readonly Row[] {
  if (head === 'end2end') return bestFirst(rows, maxInstances);
  return suppressed(bestFirst(rows, output.candidatesMax), output.iouThreshold, maxInstances);
}

/** Each head has its own number of columns; where two would fit, the manifest must say which is meant. */
function headOf(predictions: Tensor, wanted: Head | undefined, classes: number, k: number): Head {
  const [, first, second] = predictions.dims;
  const shapes: Readonly<Record<Head, readonly [string, boolean]>> = {
    v5: [`[1,anchors,${5 + classes + k}] (v5)`, second === 5 + classes + k],
    v8: [`[1,${4 + classes + k},anchors] (v8)`, first === 4 + classes + k],
    end2end: [`[1,N,${6 + k}] (end2end)`, second === 6 + k],
  };
  const heads = wanted === undefined ? (['v5', 'v8', 'end2end'] as const) : ([wanted] as const);
  const fitting = heads.filter((head) => shapes[head][1]);
  if (fitting.length === 1) return fitting[0]!;
  const known = heads.map((head) => shapes[head][0]).join(' or ');
  const facts = `${classes} labels and ${k} prototypes`;
  if (fitting.length === 0)
    throw Fault.expected('model_invalid', `predictions ${known} for ${facts}`, shown(predictions));
  throw Fault.expected(
    'model_invalid',
    `output.head, since for ${facts} ${fitting.join(' and ')} have one shape`,
    'nothing',
  );
}

function foundIn(row: Row, prototypes: Prototypes, output: OutputOf<'yolo'>, classes: Classes, input: Size): Found {
  const { cropToBoxes } = output;
  const part = cropToBoxes ? row.box : { left: 0, top: 0, right: input.width, bottom: input.height };
  return {
    class: classOf(row.class + classes.first, classes),
    score: row.score,
    box: row.box,
    shape: { kind: 'plane', crop: cropToBoxes, plane: () => maskPlane(row.coefficients, prototypes, part, input) },
  };
}

/** Only the part that the box covers, and two cells around it, from which its border is interpolated. */
function maskPlane(
  coefficients: Float32Array,
  { data, count, width, height }: Prototypes,
  box: Box,
  input: Size,
): MaskPlane {
  const cellX = input.width / width;
  const cellY = input.height / height;
  const [left, right] = range(box.left / cellX, box.right / cellX, width);
  const [top, bottom] = range(box.top / cellY, box.bottom / cellY, height);
  const across = right - left;
  const out = new Float32Array(across * (bottom - top));
  for (let one = 0; one < count; one++) {
    const weight = coefficients[one]!;
    for (let y = top, to = 0; y < bottom; y++) {
      let from = (one * height + y) * width + left;
      for (const end = to + across; to < end; to++, from++) out[to] = out[to]! + weight * data[from]!;
    }
  }
  for (let at = 0; at < out.length; at++) out[at] = 1 / (1 + Math.exp(-out[at]!));
  const area = { left: left * cellX, top: top * cellY, right: right * cellX, bottom: bottom * cellY };
  return { data: out, width: across, height: bottom - top, area };
}

function range(least: number, most: number, cells: number): [number, number] {
  const first = Math.min(Math.max(Math.floor(least) - 2, 0), cells - 1);
  return [first, Math.max(first + 1, Math.min(Math.ceil(most) + 2, cells))];
}
