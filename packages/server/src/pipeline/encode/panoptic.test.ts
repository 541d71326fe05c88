import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PanopticSchema } from '@segserve/contract';
import type { Instance } from '../instances/instance.ts';
import { measured } from '../instances/spans.ts';
import { Scene } from '../scene.ts';
import { pixelsOf, plan } from '../testing/pictures.ts';
import { tinySpec } from '../testing/tinySpec.ts';
import { encodePanoptic } from './panoptic.ts';

const [width, height] = [64, 8];

/** A scene of these instances, of classes red and green; red is a thing. */
function sceneOf(instances: readonly Instance[]): Scene {
  const none = { labels: undefined, alpha: undefined, score: undefined };
  const photo = () => Promise.reject(new Error('The photo is not read.'));
  return new Scene({ spec: { ...tinySpec(), things: [0] }, width, height, threshold: 0.5, photo, ...none, instances });
}

function instance(id: number, index: number, spans: readonly number[]): Instance {
  const own = Uint32Array.from(spans);
  return { id, class: index, score: 1 - id / 1000, spans: own, ...measured(own, width)! };
}

async function made(scene: Scene) {
  const map = await pixelsOf(await encodePanoptic(scene, plan('panoptic')));
  const file = Buffer.from(await encodePanoptic(scene, plan('panoptic', { format: 'json' }))).toString();
  const ids = Array.from({ length: width * height }, (_, at) => {
    const [red, green, blue] = map.data.subarray(at * 3, at * 3 + 3);
    return red! + 256 * green! + 65_536 * blue!;
  });
  return { ids, file: PanopticSchema.parse(JSON.parse(file)) };
}

test('ids beyond 255 go on in green', async () => {
  const pixels = Array.from({ length: width * height }, (_, at) => instance(at + 1, 0, [at, at + 1]));
  const { ids, file } = await made(sceneOf(pixels));
  assert.deepEqual(
    ids,
    pixels.map(({ id }) => id),
  );
  assert.deepEqual(
    file.annotations[0]!.segments_info.map(({ id, area }) => [id, area]),
    pixels.map(({ id }) => [id, 1]),
  );
});

test('what lies under a better segment is not counted, and what lies under it wholly is no segment', async () => {
  const over = instance(1, 0, [0, 32]);
  const under = instance(2, 1, [16, 48]);
  const hidden = instance(3, 0, [4, 8]);
  const { ids, file } = await made(sceneOf([over, under, hidden]));
  assert.deepEqual([ids[31], ids[32], ids[48]], [1, 2, 0]);
  assert.deepEqual(
    file.annotations[0]!.segments_info.map(({ id, area, bbox, isthing }) => [id, area, bbox, isthing]),
    [
      [1, 32, [0, 0, 32, 1], 1],
      [2, 16, [32, 0, 16, 1], 0],
    ],
  );
});

test('stuff of one class is one segment, however many say so, and things stay apart', async () => {
  const { ids, file } = await made(
    sceneOf([instance(1, 1, [0, 4]), instance(2, 0, [8, 10]), instance(3, 0, [12, 14]), instance(4, 1, [64, 70])]),
  );
  assert.deepEqual([ids[0], ids[64], ids[8], ids[12]], [1, 1, 2, 3]);
  const [stuff, ...things] = file.annotations[0]!.segments_info;
  assert.deepEqual([stuff!.area, stuff!.bbox], [10, [0, 0, 6, 2]]);
  assert.equal(things.length, 2);
});

test('categories are the classes with their colours, and no segment at all is an empty list', async () => {
  const { ids, file } = await made(sceneOf([]));
  assert.ok(ids.every((id) => id === 0));
  assert.deepEqual(file.annotations[0]!.segments_info, []);
  assert.deepEqual(file.categories, [
    { id: 0, name: 'red', isthing: 1, color: [200, 0, 0] },
    { id: 1, name: 'green', isthing: 0, color: [0, 200, 0] },
    { id: 2, name: 'blue', isthing: 0, color: [0, 0, 200] },
  ]);
});
