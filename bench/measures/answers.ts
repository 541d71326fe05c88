import { type AnswerFormat, type AnswerKind, answerFacts, answerKinds } from '@segserve/contract';
import type { AnswerPlan } from '../../packages/server/src/domain/request.ts';
import { encode } from '../../packages/server/src/pipeline/encode.ts';
import type { Scene } from '../../packages/server/src/pipeline/scene.ts';
import { plan } from '../../packages/server/src/pipeline/testing/pictures.ts';
import { type GrowthCase, growthRow, type Sized } from '../numbers/growth.ts';
import type { Row } from '../report/row.ts';
import { instanceScenes, mattingScenes, semanticScenes } from '../workload/scenes.ts';
import type { Workload } from '../workload/workload.ts';

type Changes = Partial<AnswerPlan>;
type Scenes = (size: Sized, count: number) => Promise<() => Scene>;

const matting: ReadonlySet<AnswerKind> = new Set(['alpha', 'cutout', 'composite', 'trimap']);
const counts = [1, 20, 150];

/**
 * What each encoder costs, from the finished mask to the bytes: time for each pixel at 1080p and 4K against 512², with 1, 20 and
 * 150 classes or instances. Linear time is 1.0×; a cost that every answer has, whatever its size, makes it less.
 */
export async function answers(workload: Workload): Promise<Row[]> {
  const rows: Row[] = [];
  for (const one of cases()) rows.push(await growthRow(one, workload.times(5)));
  return rows;
}

function* cases(): Generator<GrowthCase> {
  for (const kind of answerKinds) {
    if (kind === 'topk') continue; // knows no pixels
    for (const [at, format] of formatsOf(kind).entries()) yield caseOf(kind, format, at === 0);
  }
  yield encoding('composite on blur', mattingScenes, [1], 'composite', { background: { kind: 'blur', sigma: 0.02 } });
  for (const kind of ['instances', 'overlay', 'tensor', 'polygons', 'coco'] as const) {
    const changes = { cocoMask: 'rle' } as const;
    yield encoding(`${kind} of instances`, instanceScenes, kind === 'tensor' ? [1, 20] : counts, kind, changes);
  }
  yield encoding('instances, png', instanceScenes, [20], 'instances', { format: 'png' });
  yield encoding('panoptic, png', instanceScenes, counts, 'panoptic', {});
  yield encoding('panoptic, json', instanceScenes, [20], 'panoptic', { format: 'json' });
}

/** GeoJSON's two formats are the same bytes. */
function formatsOf(kind: AnswerKind): readonly AnswerFormat[] {
  if (kind === 'instances' || kind === 'panoptic') return []; // below
  return kind === 'geojson' ? ['geojson'] : answerFacts[kind].formats;
}

function caseOf(kind: AnswerKind, format: AnswerFormat, isUsual: boolean): GrowthCase {
  const scenes = matting.has(kind) ? mattingScenes : semanticScenes;
  const own = matting.has(kind) ? [1] : isUsual ? counts : [20];
  // All classes of a large picture are more than an answer may have.
  const changes: Changes = { format, decontaminate: false, ...(kind === 'scores' ? { foreground: [1] } : {}) };
  return encoding(`${kind}, ${format}`, scenes, own, kind, changes);
}

function encoding(
  name: string,
  scenes: Scenes,
  own: readonly number[],
  kind: AnswerKind,
  changes: Changes,
): GrowthCase {
  return {
    name,
    counts: own,
    prepare: async (size, count) => {
      const scene = await scenes(size, count);
      return () => encode(scene(), plan(kind, changes));
    },
  };
}
