import type { Manifest } from '@segserve/contract';
import type { Size } from '../../domain/geometry.ts';
import type { ModelSpec } from '../../domain/modelSpec.ts';
import { imageTensor, stacked } from '../infer.ts';
import { hasNaN, notNumbers } from '../notNumbers.ts';
import { wrongShape } from '../readFused.ts';
import { channelsAndSides, floats, readPlain } from '../readPlain.ts';
import type { Session } from '../session.ts';

/** Numbers of one picture or tile, channel by channel, row by row. */
export interface ScorePlanes extends Size {
  readonly channels: number;
  readonly data: Float32Array;
  /** `labels`: the numbers are classes, which cannot be mixed. */
  readonly kind: 'logits' | 'probabilities' | 'labels';
}

/** A model whose scores can be blended: one number for each pixel and class. */
export type ScoreSpec = ModelSpec<Manifest>;

/** One run of a graph that gives its own scores. A matting model's are brought to opacity, 0…1, at once. */
export async function scoresOf(
  session: Session,
  { manifest }: ScoreSpec,
  pixels: Uint8Array,
  size: Size,
): Promise<ScorePlanes> {
  const places = session.graph.batchSize ?? 1;
  const outputs = await session.run(imageTensor(session, manifest, stacked([pixels], places), places, size));
  const { output, input, task } = manifest;
  const wanted = output.name === undefined ? 0 : Math.max(0, session.graph.outputNames.indexOf(output.name));
  const tensor = outputs[wanted];
  if (tensor === undefined) throw wrongShape(tensor, 'scores or labels');
  if (output.kind === 'labels') {
    const { labels, width, height } = readPlain([tensor], manifest, places)[0]!;
    return { width, height, channels: 1, data: Float32Array.from(labels!), kind: 'labels' };
  }
  const layout = output.layout ?? input.layout;
  const [channels, height, width] = channelsAndSides(tensor, layout, places);
  const all = floats(tensor).subarray(0, channels * height * width);
  if (hasNaN(all)) throw notNumbers();
  const data = layout === 'nhwc' && channels > 1 ? planar(all, channels, width * height) : all;
  const map: ScorePlanes = { width, height, channels, data, kind: output.kind };
  return task === 'matting' ? opacityOf(map, output.foreground) : map;
}

function planar(scores: Float32Array, channels: number, plane: number): Float32Array {
  const out = new Float32Array(scores.length);
  for (let channel = 0, to = 0; channel < channels; channel++) {
    for (let from = channel; to < (channel + 1) * plane; from += channels) out[to++] = scores[from]!;
  }
  return out;
}

/** One plane: how probable the foreground is. */
function opacityOf(map: ScorePlanes, foreground: number): ScorePlanes {
  const { width, height, channels } = map;
  const plane = width * height;
  const { data } = probabilitiesOf(map);
  const own = channels === 1 ? data : data.subarray(foreground * plane, (foreground + 1) * plane);
  return { width, height, channels: 1, data: own, kind: 'probabilities' };
}

/** Logits as probabilities, in their place; what is probable already stays. Labels have none. */
export function probabilitiesOf(map: ScorePlanes): ScorePlanes {
  if (map.kind !== 'logits') return map;
  const { data, channels } = map;
  if (channels === 1) for (let at = 0; at < data.length; at++) data[at] = 1 / (1 + Math.exp(-data[at]!));
  else softmax(data, channels, map.width * map.height);
  return { ...map, kind: 'probabilities' };
}

/** Plane by plane: the largest is taken off first, so that nothing overflows. */
function softmax(data: Float32Array, channels: number, plane: number): void {
  const most = data.slice(0, plane);
  for (let at = plane; at < data.length; ) {
    for (let pixel = 0; pixel < plane; pixel++, at++) most[pixel] = Math.max(most[pixel]!, data[at]!);
  }
  const sum = new Float32Array(plane);
  for (let at = 0; at < data.length; ) {
    for (let pixel = 0; pixel < plane; pixel++, at++) {
      const power = Math.exp(data[at]! - most[pixel]!);
      data[at] = power;
      sum[pixel] = sum[pixel]! + power;
    }
  }
  for (let at = 0, channel = 0; channel < channels; channel++) {
    for (let pixel = 0; pixel < plane; pixel++, at++) data[at] = data[at]! / sum[pixel]!;
  }
}
