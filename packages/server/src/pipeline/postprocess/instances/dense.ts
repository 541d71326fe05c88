import type { OutputOf } from '@segserve/contract';
import type { Tensor } from 'onnxruntime-node';
import { Fault } from '../../../domain/fault.ts';
import type { Size } from '../../../domain/geometry.ts';
import type { Box, FindInstances, Found, MaskPlane } from './found.ts';
import { bestFirst } from './nms.ts';
import { checkScore, isFloat, numbers, type Outputs, outputOf, shown } from './outputs.ts';
import { growSeeds } from './watershed.ts';

type Output = OutputOf<'dense'>;
type Plane = NonNullable<Output['boundary']>;

/**
 * Maps of probabilities or distances to instances: seeds are the connected pixels above the seed threshold, and each
 * grows through the foreground until it meets the next (watershed.ts). `thing`: the class of all of them.
 */
export function readDense(
  outputs: Outputs,
  output: Output,
  layout: 'nchw' | 'nhwc',
  thing: number,
): { readonly size: Size; readonly find: FindInstances } {
  const plane = planeReader(outputs, output.layout ?? layout);
  const { values: foreground, size } = plane('foreground', output.foreground);
  const others = (['boundary', 'distance'] as const).map((key) => {
    const other = output[key] && plane(key, output[key]);
    if (other === undefined || (other.size.width === size.width && other.size.height === size.height))
      return other?.values;
    const expected = `output.${key} of the foreground's size ${size.width}×${size.height}`;
    throw Fault.expected('model_invalid', expected, `${other.size.width}×${other.size.height}`);
  });
  const [boundary, distance] = others;
  const heights = distance ?? (boundary ? foreground.map((value, at) => value - boundary[at]!) : foreground);
  for (const values of [foreground, heights]) checkScore(values.reduce((sum, value) => sum + value, 0));
  const find: FindInstances = ({ scoreThreshold, maxInstances, threshold }) => {
    const inside = Uint8Array.from(foreground, (value) => (value > threshold ? 1 : 0));
    const { ids, count } = growSeeds(heights, inside, size, output.seedThreshold, output.seedArea);
    const found = foundIn(ids, count, foreground, size, thing);
    return bestFirst(
      found.filter(({ score }) => score >= scoreThreshold),
      maxInstances,
    );
  };
  return { size, find };
}

function planeReader(outputs: Outputs, layout: 'nchw' | 'nhwc') {
  return (key: string, { name, channel, activation }: Plane): { values: Float32Array; size: Size } => {
    const tensor = outputOf(outputs, `${key}.name`, name, {
      what: 'maps, float [1,C,H,W]',
      fits: (dims, type) => isFloat(type) && dims.length === 4 && dims[0] === 1,
    });
    const { dims } = tensor;
    const [channels, height, width] = (
      layout === 'nchw' ? [dims[1], dims[2], dims[3]] : [dims[3], dims[1], dims[2]]
    ) as [number, number, number];
    if (channel >= channels) {
      throw Fault.expected(
        'model_invalid',
        `output.${key}.channel from 0 to ${channels - 1} in ${shown(tensor)}`,
        `${channel}`,
      );
    }
    const size = { width, height };
    const step = layout === 'nchw' ? [height * width, 1] : [1, channels];
    return { values: activated(tensor, channels, channel, step as [number, number], width * height, activation), size };
  };
}

function activated(
  tensor: Tensor,
  channels: number,
  channel: number,
  [ofChannel, ofPixel]: readonly [number, number],
  pixels: number,
  activation: Plane['activation'],
): Float32Array {
  const data = numbers(tensor);
  const out = new Float32Array(pixels);
  for (let at = 0; at < pixels; at++) {
    const value = data[channel * ofChannel + at * ofPixel]!;
    if (activation === 'none') out[at] = value;
    else if (activation === 'sigmoid') out[at] = 1 / (1 + Math.exp(-value));
    else {
      let sum = 0;
      for (let one = 0; one < channels; one++) sum += Math.exp(data[one * ofChannel + at * ofPixel]! - value);
      out[at] = 1 / sum;
    }
  }
  return out;
}

/** Each number as a mask of its own in its box and one pixel around it. The score is the mean foreground probability. */
function foundIn(
  ids: Uint32Array,
  count: number,
  foreground: Float32Array,
  { width, height }: Size,
  thing: number,
): Found[] {
  const sums = new Float64Array(count + 1);
  const pixels = new Float64Array(count + 1);
  const boxes = Array.from({ length: count + 1 }, () => ({ left: width, top: height, right: 0, bottom: 0 }));
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      const id = ids[at]!;
      if (id === 0) continue;
      sums[id] = sums[id]! + foreground[at]!;
      pixels[id] = pixels[id]! + 1;
      const box = boxes[id]!;
      box.left = Math.min(box.left, x);
      box.top = Math.min(box.top, y);
      box.right = Math.max(box.right, x + 1);
      box.bottom = y + 1;
    }
  }
  return boxes.slice(1).map((box, at) => ({
    class: thing,
    score: Math.min(Math.max(sums[at + 1]! / pixels[at + 1]!, 0), 1),
    box,
    shape: { kind: 'plane', crop: false, plane: () => maskOf(ids, at + 1, box, { width, height }) },
  }));
}

function maskOf(ids: Uint32Array, id: number, box: Box, { width, height }: Size): MaskPlane {
  const area = {
    left: Math.max(box.left - 1, 0),
    top: Math.max(box.top - 1, 0),
    right: Math.min(box.right + 1, width),
    bottom: Math.min(box.bottom + 1, height),
  };
  const across = area.right - area.left;
  const data = new Float32Array(across * (area.bottom - area.top));
  for (let y = area.top, to = 0; y < area.bottom; y++) {
    for (let x = area.left; x < area.right; x++, to++) data[to] = ids[y * width + x] === id ? 1 : 0;
  }
  return { data, width: across, height: area.bottom - area.top, area };
}
