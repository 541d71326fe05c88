import type { Instances } from '@segserve/contract';
import type { AnswerPlan } from '../../domain/request.ts';
import { hexOf } from '../instances/instanceColors.ts';
import { idMap } from '../instances/painted.ts';
import { isThing, segmentColor } from '../instances/segmentColor.ts';
import { spanCounts } from '../instances/spanCounts.ts';
import { wantedInstances } from '../instances/wantedInstances.ts';
import { cocoString } from '../regions/cocoRle.ts';
import { labelOf } from '../regions/regionsOf.ts';
import type { Scene } from '../scene.ts';
import { encodePng } from './png.ts';

/** The instances one by one as JSON, or as a 16-bit PNG of their ids. */
export async function encodeInstances(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const instances = wantedInstances(scene, plan);
  if (plan.format === 'png') return encodePng({ data: idMap(scene, instances), width, height });
  const made: Instances = {
    width,
    height,
    instances: instances.map(({ id, class: index, score, box, area, centroid, spans }) => ({
      id,
      class: index,
      label: labelOf(scene, index),
      color: hexOf(segmentColor(scene.spec, { id, class: index })),
      score,
      ...(scene.spec.things === undefined ? {} : { thing: isThing(scene.spec, index) }),
      box,
      area,
      centroid,
      segmentation: { size: [height, width], counts: cocoString(spanCounts(spans, scene)) },
    })),
  };
  return Buffer.from(JSON.stringify(made));
}
