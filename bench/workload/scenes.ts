import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import type { Pixels } from '../../packages/server/src/domain/image.ts';
import type { Instance } from '../../packages/server/src/pipeline/instances/instance.ts';
import { measured } from '../../packages/server/src/pipeline/instances/spans.ts';
import { resizeAlpha } from '../../packages/server/src/pipeline/postprocess/alpha.ts';
import { resizeNearest } from '../../packages/server/src/pipeline/postprocess/labels.ts';
import { Scores } from '../../packages/server/src/pipeline/postprocess/scores.ts';
import { blobs } from '../../packages/server/src/pipeline/regions/testing/masks.ts';
import { Scene } from '../../packages/server/src/pipeline/scene.ts';
import { instanceSpec } from '../../packages/server/src/pipeline/testing/instanceGraphs.ts';
import { randomFrom } from '../../packages/server/src/pipeline/testing/pictures.ts';
import { tinySpec } from '../../packages/server/src/pipeline/testing/tinySpec.ts';
import type { Sized } from '../numbers/growth.ts';

/** Of what a network gives, whatever the picture's size. */
export const networkSize = { width: 480, height: 270 };
export const networkWindow = { x: 0, y: 0, ...networkSize };

/** Shapes with rough edges of `classes` classes and background 0, the same in every run. */
export const networkLabels = remembered((classes: number) => {
  const { width, height } = networkSize;
  return blobs('shapes', width, height, classes + 1, randomFrom(17), 200).data as Uint8Array;
});

/** The shapes as an opacity. */
export const networkAlpha = remembered(() => networkLabels(3).map((label) => (label % 2 === 0 ? 0 : 255)));

/** Logits that agree with the labels, with some noise between. */
export const networkScores = remembered((classes: number) => {
  const random = randomFrom(29);
  const labels = networkLabels(classes);
  const pixels = labels.length;
  return Float32Array.from({ length: (classes + 1) * pixels }, (_, at) => {
    return random() * 3 + (labels[at % pixels] === Math.floor(at / pixels) ? 2 : 0);
  });
});

export const photoOf = remembered(async ({ width, height }: Sized): Promise<Pixels> => {
  const file = fileURLToPath(new URL('../../examples/astronaut.jpg', import.meta.url));
  return {
    data: await sharp(file).resize({ width, height, fit: 'cover' }).raw().toBuffer(),
    width,
    height,
    channels: 3,
  };
});

const nothing = { labels: undefined, alpha: undefined, score: undefined };
const names = (count: number) => Array.from({ length: count }, (_, index) => `class ${index}`);

/** Makes the same scene again and again, since what is made of a scene is kept with it. */
export async function semanticScenes(size: Sized, classes: number): Promise<() => Scene> {
  const labels = resizeNearest(networkLabels(classes), networkSize, networkWindow, size);
  const score = labels.map((label) => 128 + (label % 100));
  const palette = Uint8Array.from({ length: (classes + 1) * 3 }, (_, at) => (at * 47) % 256);
  const spec = { ...tinySpec({ background: 0 }), labels: names(classes + 1), palette };
  const photo = await photoOf(size);
  const map = { data: networkScores(classes), kind: 'logits', layout: 'nchw', channels: classes + 1 } as const;
  const target = { width: size.width, height: size.height };
  return () => {
    const scores = new Scores(map, networkSize, networkWindow, target);
    return new Scene({ ...nothing, spec, threshold: 0.5, ...target, labels, score, scores, photo: async () => photo });
  };
}

export async function mattingScenes(size: Sized): Promise<() => Scene> {
  const alpha = resizeAlpha(networkAlpha(0), networkSize, networkWindow, size, 'linear');
  const spec = tinySpec({ task: 'matting' });
  const photo = await photoOf(size);
  const { width, height } = size;
  return () => new Scene({ ...nothing, spec, threshold: 0.5, width, height, alpha, photo: async () => photo });
}

/** Discs on a grid that fill about half of the picture. */
export async function instanceScenes(size: Sized, count: number): Promise<() => Scene> {
  const instances = discs(size, count);
  const spec = instanceSpec({ family: 'mask-rcnn' }, [640, 640], ['thing']);
  const photo = await photoOf(size);
  const { width, height } = size;
  return () => new Scene({ ...nothing, spec, threshold: 0.5, width, height, instances, photo: async () => photo });
}

function discs({ width, height }: Sized, count: number): Instance[] {
  const columns = Math.ceil(Math.sqrt(count));
  const rows = Math.ceil(count / columns);
  const [across, down] = [width / columns, height / rows];
  const radius = 0.45 * Math.min(across, down);
  return Array.from({ length: count }, (_, index) => {
    const x = ((index % columns) + 0.5) * across;
    const y = (Math.floor(index / columns) + 0.5) * down;
    const spans: number[] = [];
    for (let row = Math.ceil(y - radius); row < y + radius; row++) {
      const half = Math.sqrt(Math.max(0, radius * radius - (row - y) ** 2));
      const [from, to] = [Math.max(0, Math.round(x - half)), Math.min(width, Math.round(x + half))];
      if (to > from && row >= 0 && row < height) spans.push(row * width + from, row * width + to);
    }
    const runs = Uint32Array.from(spans);
    return { id: index + 1, class: 0, score: 1 - index / 1000, spans: runs, ...measured(runs, width)! };
  });
}

/** The same input gives the same value. */
function remembered<Input, Made>(make: (input: Input) => Made): (input: Input) => Made {
  const made = new Map<string, Made>();
  return (input) => {
    const key = JSON.stringify(input);
    const known = made.get(key) ?? make(input);
    made.set(key, known);
    return known;
  };
}
