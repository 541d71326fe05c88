import type { Size } from '../../domain/geometry.ts';
import { nearestIndices } from '../postprocess/labels.ts';
import { type Lerps, lerpsOf } from '../postprocess/lerps.ts';
import type { ScorePlanes } from './scorePlanes.ts';

/** Brings every plane to another size, with half-pixel centres. Classes are never mixed: labels go by nearest. */
export function resizeScores(map: ScorePlanes, { width, height }: Size, kernel: 'nearest' | 'linear'): ScorePlanes {
  if (map.width === width && map.height === height) return map;
  const data = new Float32Array(map.channels * width * height);
  const resized = { ...map, width, height, data };
  if (kernel === 'nearest' || map.kind === 'labels') nearest(map, resized);
  else linear(map, resized);
  return resized;
}

function nearest(from: ScorePlanes, to: ScorePlanes): void {
  const columns = nearestIndices(0, from.width, from.width, to.width);
  const rows = nearestIndices(0, from.height, from.height, to.height);
  for (let channel = 0, at = 0; channel < from.channels; channel++) {
    for (let y = 0; y < to.height; y++) {
      const line = (channel * from.height + rows[y]!) * from.width;
      for (let x = 0; x < to.width; x++, at++) to.data[at] = from.data[line + columns[x]!]!;
    }
  }
}

function linear(from: ScorePlanes, to: ScorePlanes): void {
  const across = lerpsOf(to.width, to.width / from.width, from.width);
  const down = lerpsOf(to.height, to.height / from.height, from.height);
  const line = new Float32Array(from.width);
  for (let channel = 0, at = 0; channel < from.channels; channel++) {
    for (let y = 0; y < to.height; y++, at += to.width) {
      mixRows(from, channel, down, y, line);
      mixColumns(line, across, to.data, at);
    }
  }
}

function mixRows(
  { data, width, height }: ScorePlanes,
  channel: number,
  down: Lerps,
  y: number,
  line: Float32Array,
): void {
  const first = (channel * height + down.first[y]!) * width;
  const second = (channel * height + down.second[y]!) * width;
  const share = down.share[y]!;
  for (let x = 0; x < width; x++) line[x] = data[first + x]! * (1 - share) + data[second + x]! * share;
}

function mixColumns(line: Float32Array, { first, second, share }: Lerps, out: Float32Array, at: number): void {
  for (let x = 0; x < first.length; x++) {
    const part = share[x]!;
    out[at + x] = line[first[x]!]! * (1 - part) + line[second[x]!]! * part;
  }
}
