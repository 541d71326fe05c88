import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Coco, CocoSchema } from '@segserve/contract';
import { encode } from '../encode.ts';
import { measured, spansOf } from '../instances/spans.ts';
import { readCocoString } from '../regions/cocoRle.ts';
import { Scene } from '../scene.ts';
import { instanceSpec } from '../testing/instanceGraphs.ts';
import { plan } from '../testing/pictures.ts';

const [width, height] = [12, 6];
const rows = ['000000000000', '011100001100', '010100001100', '011100000000', '000000000010', '000000000000'];

/** One instance of three parts, of which the first has a hole where `holed`. */
function scene(holed: boolean): Scene {
  const data = Uint8Array.from(rows.join(''), (sign, at) => (!holed && at === 2 * width + 2 ? 1 : Number(sign)));
  const spans = spansOf(data, { x: 0, y: 0, width, height }, width);
  return new Scene({
    spec: instanceSpec({ family: 'yolo' }, [height, width], ['cup', 'spoon']),
    threshold: 0.5,
    width,
    height,
    labels: undefined,
    alpha: undefined,
    score: undefined,
    instances: [{ id: 1, class: 1, score: 0.5, spans, ...measured(spans, width)! }],
    photo: () => Promise.reject(new Error('no photo')),
  });
}

const text = async (of: Scene, kind: 'coco' | 'yolo') =>
  Buffer.from((await encode(of, plan(kind, { tolerance: 0 }))).bytes).toString();

it('coco: the parts of an instance are polygons of one annotation, and run lengths where a part has a hole', async () => {
  const solid: Coco = CocoSchema.parse(JSON.parse(await text(scene(false), 'coco')));
  assert.equal(solid.annotations.length, 1);
  assert.equal((solid.annotations[0]!.segmentation as number[][]).length, 3);
  const holed: Coco = CocoSchema.parse(JSON.parse(await text(scene(true), 'coco')));
  const { segmentation, area } = holed.annotations[0]!;
  assert.ok(!Array.isArray(segmentation) && typeof segmentation.counts === 'string');
  const inside = readCocoString(segmentation.counts).filter((_, at) => at % 2 === 1);
  assert.deepEqual([area, inside.reduce((sum, run) => sum + run, 0)], [13, 13]);
});

it('yolo: the parts of an instance are one line, whose area is theirs', async () => {
  for (const holed of [false, true]) {
    const lines = (await text(scene(holed), 'yolo')).trim().split('\n');
    assert.equal(lines.length, 1);
    const [index, ...shares] = lines[0]!.split(' ').map(Number);
    assert.equal(index, 1);
    let sum = 0;
    for (let at = 0; at < shares.length; at += 2) {
      const next = (at + 2) % shares.length;
      sum += (shares[at]! * shares[next + 1]! - shares[next]! * shares[at + 1]!) * width * height;
    }
    assert.ok(Math.abs(sum / 2 - (holed ? 13 : 14)) < 1e-4, `${sum / 2}`);
  }
});
