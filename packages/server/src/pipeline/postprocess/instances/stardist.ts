import type { OutputOf } from '@segserve/contract';
import { Fault } from '../../../domain/fault.ts';
import type { Size } from '../../../domain/geometry.ts';
import type { Box, FindInstances } from './found.ts';
import { bestFirst } from './nms.ts';
import { checkScore, isFloat, numbers, type Outputs, outputOf, shown } from './outputs.ts';
import { suppressedPolygons } from './polygonNms.ts';

/**
 * StarDist: for each point of a grid the probability of an object and R distances to its border, at equal angles from the
 * x axis towards y (stardist/geometry, `dist_to_coord`). Point (0, 0) of the grid is the centre of pixel (0, 0), and each
 * next one lies a whole number of pixels further.
 */
export function readStardist(
  outputs: Outputs,
  output: OutputOf<'stardist'>,
  layout: 'nchw' | 'nhwc',
  thing: number,
  input: Size,
): FindInstances {
  const own = output.layout ?? layout;
  const channel = own === 'nchw' ? 1 : 3;
  const looks = (what: string, fits: (channels: number) => boolean) => ({
    what,
    fits: (dims: readonly number[], type: string) =>
      isFloat(type) && dims.length === 4 && dims[0] === 1 && fits(dims[channel]!),
  });
  const names = own === 'nchw' ? (of: string) => `float [1,${of},h,w]` : (of: string) => `float [1,h,w,${of}]`;
  const probability = outputOf(
    outputs,
    'probability',
    output.probability,
    looks(`object probabilities, ${names('1')}`, (n) => n === 1),
  );
  const distances = outputOf(
    outputs,
    'distances',
    output.distances,
    looks(`ray distances, ${names('rays')}`, (n) => n >= 3),
  );
  const [height, width] = (own === 'nchw' ? distances.dims.slice(2) : distances.dims.slice(1, 3)) as [number, number];
  if (probability.size !== height * width) {
    throw Fault.expected(
      'model_invalid',
      `probabilities and distances of one size`,
      `${shown(probability)} and ${shown(distances)}`,
    );
  }
  const rays = distances.dims[channel]!;
  const scores = numbers(probability);
  const lengths = numbers(distances);
  const [ofRay, ofPoint] = own === 'nchw' ? [height * width, 1] : [1, rays];
  const grid = { x: Math.max(1, Math.round(input.width / width)), y: Math.max(1, Math.round(input.height / height)) };
  const turns = Array.from({ length: rays }, (_, ray) => (2 * Math.PI * ray) / rays);
  const [cosines, sines] = [turns.map(Math.cos), turns.map(Math.sin)];
  const outlineOf = (at: number): Float64Array => {
    const x = (at % width) * grid.x + 0.5;
    const y = Math.floor(at / width) * grid.y + 0.5;
    const points = new Float64Array(rays * 2);
    for (let ray = 0; ray < rays; ray++) {
      const length = Math.max(lengths[ray * ofRay + at * ofPoint]!, 0.001); // as StarDist does: no ray goes backwards
      points[ray * 2] = x + cosines[ray]! * length;
      points[ray * 2 + 1] = y + sines[ray]! * length;
    }
    return points;
  };
  return ({ scoreThreshold, maxInstances }) => {
    const candidates: { score: number; at: number }[] = [];
    for (let at = 0; at < scores.length; at++) {
      checkScore(scores[at]!);
      if (scores[at]! >= scoreThreshold) candidates.push({ score: scores[at]!, at });
    }
    const sorted = bestFirst(candidates, output.candidatesMax);
    const polygons = sorted.map(({ score, at }) => polygonOf(score, outlineOf(at)));
    return suppressedPolygons(polygons, output.iouThreshold, maxInstances, input).map(({ score, points, box }) => ({
      class: thing,
      score,
      box,
      shape: { kind: 'outline', points },
    }));
  };
}

export interface Polygon {
  readonly score: number;
  readonly points: Float64Array;
  readonly box: Box;
}

export function polygonOf(score: number, points: Float64Array): Polygon {
  checkScore(points.reduce((sum, value) => sum + value, 0));
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let at = 0; at < points.length; at += 2) {
    box.left = Math.min(box.left, points[at]!);
    box.right = Math.max(box.right, points[at]!);
    box.top = Math.min(box.top, points[at + 1]!);
    box.bottom = Math.max(box.bottom, points[at + 1]!);
  }
  return { score, points, box };
}
