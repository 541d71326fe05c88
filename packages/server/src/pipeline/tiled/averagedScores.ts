import type { Flips } from '@segserve/contract';
import type { Size } from '../../domain/geometry.ts';
import type { Session } from '../session.ts';
import { resizePixels } from './resizePixels.ts';
import { resizeScores } from './resizeScores.ts';
import { probabilitiesOf, type ScorePlanes, type ScoreSpec, scoresOf } from './scorePlanes.ts';
import type { Variants } from './severalRuns.ts';

interface Mirror {
  readonly across: boolean;
  readonly down: boolean;
}

const mirrors: Readonly<Record<Flips, readonly Mirror[]>> = {
  none: [{ across: false, down: false }],
  horizontal: [
    { across: false, down: false },
    { across: true, down: false },
  ],
  both: [
    { across: false, down: false },
    { across: true, down: false },
    { across: false, down: true },
    { across: true, down: true },
  ],
};

/**
 * The scores of one input (`pixels` of `size`), or with variants the mean of their probabilities: a run for each mirror image at
 * each scale, turned back and brought to one size. `beforeRun` is called before each, and may throw to end it all.
 */
export async function averagedScores(
  session: Session,
  spec: ScoreSpec,
  pixels: Uint8Array,
  size: Size,
  variants: Variants | undefined,
  beforeRun: () => Promise<void>,
): Promise<ScorePlanes> {
  if (!variants) {
    await beforeRun();
    return scoresOf(session, spec, pixels, size);
  }
  const { flips, scales } = variants;
  const isScaled = scales.some((scale) => scale !== 1);
  let sum: ScorePlanes | undefined;
  for (const scale of scales) {
    const input = scaledSize(size, scale, spec);
    const scaled = await resizePixels(pixels, size, input, spec.manifest.input.kernel);
    for (const mirror of mirrors[flips]) {
      await beforeRun();
      const scores = await scoresOf(session, spec, mirrored(scaled, input, 3, mirror), input);
      const made = turnedBack(probabilitiesOf(scores), mirror);
      const map = isScaled ? resizeScores(made, size, 'linear') : made;
      if (sum) add(sum.data, map.data);
      else sum = map;
    }
  }
  const { data } = sum!;
  const share = 1 / (scales.length * mirrors[flips].length);
  for (let at = 0; at < data.length; at++) data[at] = data[at]! * share;
  return sum!;
}

/** Sides keep to the manifest's multiple, and never pass its maxSide. */
function scaledSize({ width, height }: Size, scale: number, { manifest }: ScoreSpec): Size {
  const rule = manifest.input.size;
  if (rule.rule === 'fixed') return { width, height }; // other scales were refused
  const most = Math.max(rule.multiple, Math.floor(rule.maxSide / rule.multiple) * rule.multiple);
  const side = (length: number) =>
    Math.min(Math.max(Math.round((length * scale) / rule.multiple) * rule.multiple, rule.multiple), most);
  return { width: side(width), height: side(height) };
}

function turnedBack(map: ScorePlanes, mirror: Mirror): ScorePlanes {
  if (!mirror.across && !mirror.down) return map;
  const { width, height, channels } = map;
  const plane = width * height;
  const data = new Float32Array(map.data.length);
  for (let channel = 0; channel < channels; channel++) {
    const own = map.data.subarray(channel * plane, (channel + 1) * plane);
    data.set(mirrored(own, map, 1, mirror), channel * plane);
  }
  return { ...map, data };
}

function mirrored<Plane extends Uint8Array | Float32Array>(
  from: Plane,
  { width, height }: Size,
  channels: number,
  { across, down }: Mirror,
): Plane {
  if (!across && !down) return from;
  // Not slice(): of a Buffer that would be the same memory.
  const out = (from instanceof Float32Array ? new Float32Array(from.length) : new Uint8Array(from.length)) as Plane;
  for (let y = 0; y < height; y++) {
    const line = (down ? height - 1 - y : y) * width * channels;
    const to = y * width * channels;
    if (!across) {
      out.set(from.subarray(line, line + width * channels), to);
      continue;
    }
    for (let x = 0; x < width; x++) {
      const source = line + (width - 1 - x) * channels;
      for (let channel = 0; channel < channels; channel++) out[to + x * channels + channel] = from[source + channel]!;
    }
  }
  return out;
}

function add(sum: Float32Array, other: Float32Array): void {
  for (let at = 0; at < sum.length; at++) sum[at] = sum[at]! + other[at]!;
}
