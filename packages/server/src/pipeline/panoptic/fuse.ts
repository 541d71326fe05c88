import type { ClassMap } from '../../domain/image.ts';
import type { Instance } from '../instances/instance.ts';
import { measured, type Spans } from '../instances/spans.ts';

export interface FusePanopticRules {
  /** Classes of the map that are things: they come from the instances alone. */
  readonly things: ReadonlySet<number>;
  /** Classes of the map that are nothing at all, such as its background. */
  readonly nothing?: ReadonlySet<number>;
  /** An instance of which more than this share is covered by better ones is left out, 0…1; ½ when absent. */
  readonly overlapThreshold?: number;
  /** Stuff with fewer pixels is left out; 64² when absent. */
  readonly stuffAreaMin?: number;
  /** The winner's probability for each pixel of the map, 0…255; the score of stuff is its mean, and 1 when absent. */
  readonly score?: Uint8Array;
}

/**
 * Instances and a class map as segments that share no pixel: the heuristic of Kirillov et al., "Panoptic Segmentation"
 * (CVPR 2019, section 4.3), with the numbers that COCO's panopticapi combines with. Instances in the order of their scores take what
 * is still free, then each class of stuff takes what the map says and nobody has. Both count the same classes and pixels.
 * Ids are counted anew: things by score, then stuff by area.
 */
export function fusePanoptic(
  instances: readonly Instance[],
  map: ClassMap,
  { things, nothing = new Set(), overlapThreshold = 0.5, stuffAreaMin = 64 * 64, score }: FusePanopticRules,
): Instance[] {
  const taken = new Uint8Array(map.width * map.height);
  const segments: Instance[] = [];
  for (const { class: index, score: own, spans, area } of instances.toSorted((a, b) => b.score - a.score)) {
    const rest = free(spans, taken);
    const facts = measured(rest, map.width);
    if (facts === undefined || (area - facts.area) / area > overlapThreshold) continue;
    for (let at = 0; at < rest.length; at += 2) taken.fill(1, rest[at]!, rest[at + 1]!);
    segments.push({ id: segments.length + 1, class: index, score: own, spans: rest, ...facts });
  }
  const stuff = [...stuffSpans(map, taken, (index) => !things.has(index) && !nothing.has(index))].flatMap(
    ([index, spans]) => {
      const facts = measured(spans, map.width);
      if (facts === undefined || facts.area < stuffAreaMin) return [];
      return [{ class: index, score: score ? meanOf(score, spans, facts.area) : 1, spans, ...facts }];
    },
  );
  for (const one of stuff.toSorted((a, b) => b.area - a.area)) segments.push({ id: segments.length + 1, ...one });
  return segments;
}

/** What of a mask nobody has taken. */
function free(spans: Spans, taken: Uint8Array): Spans {
  const rest: number[] = [];
  for (let at = 0; at < spans.length; at += 2) {
    const end = spans[at + 1]!;
    for (let pixel = spans[at]!; pixel < end; ) {
      while (pixel < end && taken[pixel] !== 0) pixel++;
      const first = pixel;
      while (pixel < end && taken[pixel] === 0) pixel++;
      if (pixel > first) rest.push(first, pixel);
    }
  }
  return Uint32Array.from(rest);
}

function stuffSpans(
  { data, width, height }: ClassMap,
  taken: Uint8Array,
  isStuff: (index: number) => boolean,
): Map<number, Spans> {
  const spans = new Map<number, number[]>();
  for (let y = 0, at = 0; y < height; y++) {
    const end = at + width;
    while (at < end) {
      const first = at;
      const index = data[at]!;
      const isTaken = taken[at]!;
      while (at < end && data[at] === index && taken[at] === isTaken) at++;
      if (isTaken !== 0 || !isStuff(index)) continue;
      const own = spans.get(index);
      if (own) own.push(first, at);
      else spans.set(index, [first, at]);
    }
  }
  return new Map([...spans].map(([index, own]) => [index, Uint32Array.from(own)]));
}

function meanOf(score: Uint8Array, spans: Spans, area: number): number {
  let sum = 0;
  for (let at = 0; at < spans.length; at += 2) {
    for (let pixel = spans[at]!; pixel < spans[at + 1]!; pixel++) sum += score[pixel]!;
  }
  return sum / area / 255;
}
