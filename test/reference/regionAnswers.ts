/** Prints our region answers of some class maps, for regions.py to have them judged by pycocotools and Label Studio. */
import type { AnswerKind, CocoMask } from '@segserve/contract';
import { encode } from '../../packages/server/src/pipeline/encode.ts';
import { nastyMasks, randomMasks } from '../../packages/server/src/pipeline/regions/testing/masks.ts';
import { Scene } from '../../packages/server/src/pipeline/scene.ts';
import { plan } from '../../packages/server/src/pipeline/testing/pictures.ts';
import { tinySpec } from '../../packages/server/src/pipeline/testing/tinySpec.ts';

export const referenceMasks = [...nastyMasks(), ...randomMasks(10, 99)];
/** Class 0 is the background. */
const labels = ['nothing', 'one', 'two', 'three', 'four', 'five'];

export interface RegionAnswers {
  readonly name: string;
  readonly polygon: string;
  readonly simplified: string;
  readonly rle: string;
  readonly counts: string;
  readonly geojson: string;
  readonly geojsonSimplified: string;
  readonly labelstudio: string;
  readonly yolo: string;
}

export async function regionAnswers({ name, ...map }: (typeof referenceMasks)[number]): Promise<RegionAnswers> {
  const scene = new Scene({
    spec: { ...tinySpec({ background: 0 }), labels, palette: new Uint8Array(labels.length * 3) },
    threshold: 0.5,
    width: map.width,
    height: map.height,
    labels: map.data,
    alpha: undefined,
    score: undefined,
    photo: () => Promise.reject(new Error('no photo is needed')),
  });
  const made = async (kind: AnswerKind, tolerance = 0, cocoMask: CocoMask = 'polygon') =>
    Buffer.from((await encode(scene, plan(kind, { tolerance, cocoMask }))).bytes).toString();
  return {
    name,
    polygon: await made('coco'),
    simplified: await made('coco', 1),
    rle: await made('coco', 0, 'rle'),
    counts: await made('coco', 0, 'counts'),
    geojson: await made('geojson'),
    geojsonSimplified: await made('geojson', 1),
    labelstudio: await made('labelstudio'),
    yolo: await made('yolo'),
  };
}

if (import.meta.main) {
  const all = [];
  for (const mask of referenceMasks) {
    const { width, height } = mask;
    all.push({ ...(await regionAnswers(mask)), width, height, data: Buffer.from(mask.data).toString('base64') });
  }
  console.log(JSON.stringify(all));
}
