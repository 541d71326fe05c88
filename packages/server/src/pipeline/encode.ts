import { type AnswerKind, mediaTypes } from '@segserve/contract';
import type { Answer, AnswerPlan } from '../domain/request.ts';
import { encodeAlpha } from './encode/alpha.ts';
import { encodeColor } from './encode/color.ts';
import { encodeCutout } from './encode/cutout.ts';
import { encodeLabels } from './encode/labels.ts';
import { encodeOverlay } from './encode/overlay.ts';
import { encodeStats } from './encode/stats.ts';
import type { Scene } from './scene.ts';

/** How each answer is made; an answer without an entry does not compile. */
const encoders: Readonly<Record<AnswerKind, (scene: Scene, plan: AnswerPlan) => Promise<Uint8Array>>> = {
  labels: encodeLabels,
  color: encodeColor,
  overlay: encodeOverlay,
  alpha: encodeAlpha,
  cutout: encodeCutout,
  stats: encodeStats,
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
  stats: { labels: true, photo: false, score: true },
};

export async function encode(scene: Scene, plan: AnswerPlan): Promise<Answer> {
  const bytes = await encoders[plan.kind](scene, plan);
  return { kind: plan.kind, format: plan.format, contentType: mediaTypes[plan.format], bytes };
}
