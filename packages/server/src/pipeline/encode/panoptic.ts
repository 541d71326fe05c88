import type { Panoptic, PanopticSegment } from '@segserve/contract';
import type { AnswerPlan } from '../../domain/request.ts';
import type { Instance } from '../instances/instance.ts';
import { idMap } from '../instances/painted.ts';
import { isThing } from '../instances/segmentColor.ts';
import { wantedInstances } from '../instances/wantedInstances.ts';
import { labelOf } from '../regions/regionsOf.ts';
import type { Scene } from '../scene.ts';
import { encodePicture } from './picture.ts';

/**
 * COCO's panoptic form (panopticapi): a PNG whose R + 256 · G + 65536 · B is the id of a segment, 0 where there is none, or
 * the JSON that goes with it. Both are made of one map, so that ids and areas agree whatever has been tidied or merged since.
 */
export async function encodePanoptic(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const segments = wantedInstances(scene, plan);
  const map = mapOf(scene, segments);
  if (plan.format === 'json') return Buffer.from(JSON.stringify(fileOf(scene, plan, segments, map)));
  return encodePicture({ data: inRgb(map), width: scene.width, height: scene.height, channels: 3 }, 'png', plan);
}

/** The id of each pixel's segment. Stuff that was merged into other stuff is one segment with it. */
function mapOf(scene: Scene, segments: readonly Instance[]): Uint16Array {
  const map = idMap(scene, segments);
  const firsts = new Map<number, number>();
  const ids = Uint16Array.from({ length: 65_536 }, (_, id) => id);
  for (const { id, class: index } of segments) {
    if (isThing(scene.spec, index)) continue;
    const first = firsts.get(index);
    if (first === undefined) firsts.set(index, id);
    else ids[id] = first;
  }
  for (let at = 0; at < map.length; at++) map[at] = ids[map[at]!]!;
  return map;
}

function inRgb(map: Uint16Array): Uint8Array {
  const data = new Uint8Array(map.length * 3); // ids have 16 bits: blue stays 0
  for (let at = 0, to = 0; at < map.length; at++, to += 3) {
    data[to] = map[at]! & 255;
    data[to + 1] = map[at]! >> 8;
  }
  return data;
}

function fileOf(scene: Scene, plan: AnswerPlan, segments: readonly Instance[], map: Uint16Array): Panoptic {
  const { width, height, spec, background } = scene;
  const facts = factsOf(map, width);
  return {
    // File names are for the caller to fill in: a request carries pixels and no name.
    images: [{ id: 1, file_name: '', width, height }],
    annotations: [
      {
        image_id: 1,
        file_name: '',
        segments_info: segments.flatMap(({ id, class: index, score }): PanopticSegment[] => {
          const own = facts.get(id);
          if (own === undefined) return [];
          const isthing = isThing(spec, index) ? 1 : 0;
          return [{ id, category_id: index, label: labelOf(scene, index), isthing, score, ...own, iscrowd: 0 }];
        }),
      },
    ],
    categories: spec.labels.flatMap((name, id) => {
      const isGone = plan.merge.some(({ classes, into }) => id !== into && classes.includes(id));
      if (id === background || isGone) return [];
      const [red = 0, green = 0, blue = 0] = spec.palette.subarray(id * 3, id * 3 + 3);
      return [{ id, name, isthing: isThing(spec, id) ? 1 : 0, color: [red, green, blue] }];
    }),
  };
}

interface Sums {
  area: number;
  left: number;
  top: number;
  right: number;
  bottom: number;
}

/** Pixels and box of each id but 0, run by run. */
function factsOf(map: Uint16Array, width: number): Map<number, Pick<PanopticSegment, 'area' | 'bbox'>> {
  const sums = new Map<number, Sums>();
  for (let start = 0; start < map.length; start += width) {
    for (let at = start; at < start + width; ) {
      const first = at;
      const id = map[at]!;
      while (at < start + width && map[at] === id) at++;
      if (id !== 0) addRun(sums, id, first - start, at - start, start / width);
    }
  }
  return new Map(
    [...sums].map(([id, { area, left, top, right, bottom }]) => [
      id,
      { area, bbox: [left, top, right - left, bottom - top] },
    ]),
  );
}

function addRun(sums: Map<number, Sums>, id: number, from: number, to: number, y: number): void {
  const own = sums.get(id) ?? { area: 0, left: from, top: y, right: to, bottom: y };
  own.area += to - from;
  own.left = Math.min(own.left, from);
  own.right = Math.max(own.right, to);
  own.bottom = y + 1;
  sums.set(id, own);
}
