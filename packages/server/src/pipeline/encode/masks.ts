import type { Masks } from '@segserve/contract';
import type { AnswerPlan } from '../../domain/request.ts';
import { paint } from '../instances/spans.ts';
import { wantedInstances } from '../instances/wantedInstances.ts';
import { labelOf } from '../regions/regionsOf.ts';
import type { Scene } from '../scene.ts';
import { encodePng } from './png.ts';
import { statsOf } from './stats.ts';

/** A mask for each instance, or for each class present, or for those of them that are named, largest first, as JSON with PNGs in base64. */
export async function encodeMasks(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  if (scene.instances) return encodeInstanceMasks(scene, plan);
  const { foreground } = plan;
  const { width, height, classes } = statsOf(scene);
  const wanted = classes.filter(({ id }) => foreground === undefined || foreground.includes(id));
  const runs = runsOf(scene.labels.data);
  const made: Masks = { width, height, masks: [] };
  const data = new Uint8Array(width * height);
  // One after the other: all masks of 150 classes at once would be 150 times the picture.
  for (const { id, label, score, pixels } of wanted) {
    const own = runs.get(id) ?? [];
    fillRuns(data, own, 255);
    const png = Buffer.from(await encodePng({ data, width, height })).toString('base64');
    fillRuns(data, own, 0);
    made.masks.push({ id, label, score, pixels, png });
  }
  return Buffer.from(JSON.stringify(made));
}

async function encodeInstanceMasks(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const made: Masks = { width, height, masks: [] };
  const data = new Uint8Array(width * height);
  for (const { id, class: index, score, spans, area } of wantedInstances(scene, plan)) {
    paint(data, spans, 255);
    const png = Buffer.from(await encodePng({ data, width, height })).toString('base64');
    paint(data, spans, 0);
    made.masks.push({ id: index, instance: id, label: labelOf(scene, index), score, pixels: area, png });
  }
  return Buffer.from(JSON.stringify(made));
}

/** For each class the places where its runs begin and end, in turn: one pass, whatever the number of classes. */
function runsOf(labels: Uint8Array | Uint16Array): Map<number, number[]> {
  const runs = new Map<number, number[]>();
  for (let start = 0; start < labels.length; ) {
    const label = labels[start]!;
    let end = start + 1;
    while (end < labels.length && labels[end] === label) end++;
    const own = runs.get(label);
    if (own) own.push(start, end);
    else runs.set(label, [start, end]);
    start = end;
  }
  return runs;
}

function fillRuns(data: Uint8Array, runs: readonly number[], value: number): void {
  for (let at = 0; at < runs.length; at += 2) data.fill(value, runs[at]!, runs[at + 1]!);
}
