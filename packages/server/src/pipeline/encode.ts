import { type AnswerKind, mediaTypes } from '@segserve/contract';
import type { Answer, AnswerPlan } from '../domain/request.ts';
import { encodeAlpha } from './encode/alpha.ts';
import { encodeCoco } from './encode/coco.ts';
import { encodeColor } from './encode/color.ts';
import { encodeComposite } from './encode/composite.ts';
import { encodeCutout } from './encode/cutout.ts';
import { encodeGeojson } from './encode/geojson.ts';
import { encodeLabels } from './encode/labels.ts';
import { encodeLabelstudio } from './encode/labelstudio.ts';
import { encodeMasks } from './encode/masks.ts';
import { encodeOverlay } from './encode/overlay.ts';
import { encodePolygons } from './encode/polygons.ts';
import { encodeStats } from './encode/stats.ts';
import { encodeSvg } from './encode/svg.ts';
import { encodeTensor } from './encode/tensor.ts';
import { encodeTopk } from './encode/topk.ts';
import { encodeTrimap } from './encode/trimap.ts';
import { encodeYolo } from './encode/yolo.ts';
import type { Scene } from './scene.ts';

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
  stats: encodeStats,
  masks: encodeMasks,
  topk: encodeTopk,
  polygons: encodePolygons,
  geojson: encodeGeojson,
  coco: encodeCoco,
  labelstudio: encodeLabelstudio,
  yolo: encodeYolo,
  svg: encodeSvg,
};

/** What an answer reads of a scene: the pipeline makes only what is read. */
export const needs: Readonly<
  Record<AnswerKind, { readonly labels: boolean; readonly photo: boolean; readonly score: boolean }>
> = {
  labels: { labels: true, photo: false, score: false },
  color: { labels: true, photo: false, score: false },
  overlay: { labels: true, photo: true, score: false },
  alpha: { labels: false, photo: false, score: false },
  cutout: { labels: false, photo: true, score: false },
  composite: { labels: false, photo: true, score: false },
  trimap: { labels: false, photo: false, score: false },
  tensor: { labels: false, photo: false, score: false }, // a matting model's is its alpha
  stats: { labels: true, photo: false, score: true },
  masks: { labels: true, photo: false, score: true },
  topk: { labels: false, photo: false, score: false },
  polygons: { labels: true, photo: false, score: false },
  geojson: { labels: true, photo: false, score: false },
  coco: { labels: true, photo: false, score: false },
  labelstudio: { labels: true, photo: false, score: false },
  yolo: { labels: true, photo: false, score: false },
  svg: { labels: true, photo: false, score: false },
};

export async function encode(scene: Scene, plan: AnswerPlan): Promise<Answer> {
  const bytes = await encoders[plan.kind](scene, plan);
  return { kind: plan.kind, format: plan.format, contentType: mediaTypes[plan.format], bytes };
}
