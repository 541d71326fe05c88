import type { AnswerKind } from '@segserve/contract';
import { encode } from '../../packages/server/src/pipeline/encode.ts';
import { blobs, mask, type NamedMask } from '../../packages/server/src/pipeline/regions/testing/masks.ts';
import { Scene } from '../../packages/server/src/pipeline/scene.ts';
import { plan, randomFrom } from '../../packages/server/src/pipeline/testing/pictures.ts';
import { tinySpec } from '../../packages/server/src/pipeline/testing/tinySpec.ts';
import { atMost, type Row, row } from '../report/row.ts';
import type { Workload } from '../workload/workload.ts';

const kinds = ['polygons', 'geojson', 'coco', 'labelstudio', 'yolo', 'svg'] as const satisfies readonly AnswerKind[];
const labels = Array.from({ length: 21 }, (_, index) => `class ${index}`);
const spec = { ...tinySpec({ background: 0 }), labels, palette: new Uint8Array(labels.length * 3) };

/**
 * What each answer made of regions costs, alone, from the class map to the bytes; and how its time grows with four times
 * the pixels, which for linear time is four times. Noise, every pixel of a class of its own, is the worst case.
 */
export async function regions(workload: Workload): Promise<Row[]> {
  const times = workload.times(7);
  const rows: Row[] = [];
  const streets = [shapes(1920, 1080), shapes(960, 540)] as const;
  const noises = [noise(512, 512), noise(256, 256)] as const;
  for (const kind of kinds) {
    const large = await cost(kind, streets[0], times);
    const small = await cost(kind, streets[1], times);
    rows.push(row(`${kind}, 21 classes, 1080p`, { value: large.ms, unit: 'ms', note: large.note }));
    const grown = { value: large.ms / small.ms, unit: '×', note: 'against 960×540' };
    rows.push(atMost(`${kind}: growth with 4 × the pixels`, 5, grown));
  }
  for (const kind of kinds) {
    const large = await cost(kind, noises[0], Math.min(times, 3));
    const small = await cost(kind, noises[1], Math.min(times, 3));
    const note = `${large.ms.toFixed(0)} ms at 512², ${large.note}`;
    rows.push(atMost(`${kind}: growth with 4 × the noise`, 5, { value: large.ms / small.ms, unit: '×', note }));
  }
  return rows;
}

async function cost(kind: AnswerKind, map: NamedMask, times: number): Promise<{ ms: number; note: string }> {
  const seen: number[] = [];
  let bytes = 0;
  for (let count = 0; count < times + 1; count++) {
    const scene = sceneOf(map); // a new one: regions are kept with it
    const begun = performance.now();
    bytes = (await encode(scene, plan(kind))).bytes.length;
    if (count > 0) seen.push(performance.now() - begun);
  }
  // The least, since other work on the machine only ever adds.
  return { ms: Math.min(...seen), note: `${(bytes / 1024).toFixed(0)} KiB` };
}

function sceneOf({ data, width, height }: NamedMask): Scene {
  const photo = () => Promise.reject(new Error('no photo is needed'));
  return new Scene({
    spec,
    threshold: 0.5,
    width,
    height,
    labels: data as Uint8Array,
    alpha: undefined,
    score: undefined,
    photo,
  });
}

/** Shapes with rough edges; as many of them in a larger picture, as an upsampled class map has. */
function shapes(width: number, height: number): NamedMask {
  const small = blobs('shapes', 480, 270, labels.length, randomFrom(17), 60);
  const scale = width / 480;
  return mask('shapes', width, height, (x, y) => small.data[Math.floor(y / scale) * 480 + Math.floor(x / scale)]!);
}

function noise(width: number, height: number): NamedMask {
  const random = randomFrom(23);
  return mask('noise', width, height, () => Math.floor(random() * labels.length));
}
