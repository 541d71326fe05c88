import { type AnswerKind, mediaTypes } from '@segserve/contract';
import type { Answer, AnswerPlan } from '../domain/request.ts';
import { encodeAlpha } from './encode/alpha.ts';
import { encodeCoco } from './encode/coco.ts';
import { encodeColor } from './encode/color.ts';
import { encodeComposite } from './encode/composite.ts';
import { encodeCutout } from './encode/cutout.ts';
import { encodeGeojson } from './encode/geojson.ts';
import { encodeInstances } from './encode/instances.ts';
import { encodeLabels } from './encode/labels.ts';
import { encodeLabelstudio } from './encode/labelstudio.ts';
import { encodeMasks } from './encode/masks.ts';
import { encodeOverlay } from './encode/overlay.ts';
import { encodePanoptic } from './encode/panoptic.ts';
import { encodePolygons } from './encode/polygons.ts';
import { rawOfNpy } from './encode/rawOfNpy.ts';
import { encodeScores } from './encode/scores.ts';
import { encodeStats } from './encode/stats.ts';
import { encodeSvg } from './encode/svg.ts';
import { encodeTensor } from './encode/tensor.ts';
import { encodeTopk } from './encode/topk.ts';
import { encodeTrimap } from './encode/trimap.ts';
import { encodeUncertainty } from './encode/uncertainty.ts';
import { encodeYolo } from './encode/yolo.ts';
import { geojsonInSource } from './geo/geojsonInSource.ts';
import type { Georeference } from './geo/georeference.ts';
import type { Scene } from './scene.ts';
import { tidied } from './tidy/tidied.ts';
import { encodeTiff } from './tiled/tiffAnswer.ts';

/** How each answer is made; an answer without an entry does not compile. */
const encoders: Readonly<Record<AnswerKind, (scene: Scene, plan: AnswerPlan) => Promise<Uint8Array>>> = {
  labels: encodeLabels,
  color: encodeColor,
  overlay: encodeOverlay,
  alpha: encodeAlpha,
  cutout: encodeCutout,
  composite: encodeComposite,
  trimap: encodeTrimap,
  tensor: encodeTensor,
  scores: encodeScores,
  uncertainty: encodeUncertainty,
  stats: encodeStats,
  masks: encodeMasks,
  instances: encodeInstances,
  panoptic: encodePanoptic,
  topk: encodeTopk,
  polygons: encodePolygons,
  geojson: encodeGeojson,
  coco: encodeCoco,
  labelstudio: encodeLabelstudio,
  yolo: encodeYolo,
  svg: encodeSvg,
};

interface Need {
  readonly labels?: true;
  readonly photo?: true;
  readonly score?: true;
  /** The scores of all classes. */
  readonly scores?: true;
}

/** What an answer reads of a scene: the pipeline makes only what is read. */
export const needs: Readonly<Record<AnswerKind, Need>> = {
  labels: { labels: true },
  color: { labels: true },
  overlay: { labels: true, photo: true },
  alpha: {},
  cutout: { photo: true },
  composite: { photo: true },
  trimap: {},
  tensor: {}, // a matting model's is its alpha
  scores: { scores: true },
  uncertainty: { scores: true },
  stats: { labels: true, score: true },
  masks: { labels: true, score: true },
  instances: {},
  panoptic: {},
  topk: {},
  polygons: { labels: true },
  geojson: { labels: true },
  coco: { labels: true },
  labelstudio: { labels: true },
  yolo: { labels: true },
  svg: { labels: true },
};

/** `geo`: where the scene lies, for the answers that say so. */
export async function encode(scene: Scene, plan: AnswerPlan, geo?: Georeference): Promise<Answer> {
  const shown = tidied(scene, plan);
  const made = await (plan.format === 'tiff' ? encodeTiff(shown, plan, geo) : encoders[plan.kind](shown, plan));
  const bytes = plan.coordinates === 'source' ? geojsonInSource(made, geo) : made;
  const frame = { kind: plan.kind, format: plan.format };
  return plan.format === 'raw'
    ? { ...frame, ...rawOfNpy(bytes) }
    : { ...frame, contentType: mediaTypes[plan.format], bytes };
}
