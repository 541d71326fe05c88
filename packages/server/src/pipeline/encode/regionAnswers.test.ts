import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type AnswerKind, CocoSchema, GeojsonSchema, PolygonsSchema } from '@segserve/contract';
import sharp from 'sharp';
import { encode } from '../encode.ts';
import { rasterize } from '../regions/rasterize.ts';
import { mask, type NamedMask } from '../regions/testing/masks.ts';
import { Scene } from '../scene.ts';
import { plan } from '../testing/pictures.ts';
import { tinySpec } from '../testing/tinySpec.ts';

/** Green, with a hole, in red; blue is the background. */
const map = mask('framed', 12, 9, (x, y) => {
  const inside = x > 1 && x < 9 && y > 1 && y < 7;
  return !inside ? 2 : x === 5 && y === 4 ? 0 : 1;
});

function scene({ data, width, height }: NamedMask, changes: Partial<Parameters<typeof tinySpec>[0]> = {}): Scene {
  const photo = () => Promise.reject(new Error('no photo is needed'));
  const parts = { spec: tinySpec({ background: 2, ...changes }), threshold: 0.5, alpha: undefined, score: undefined };
  return new Scene({ ...parts, width, height, labels: data as Uint8Array, photo });
}

async function text(kind: AnswerKind, changes: Parameters<typeof plan>[1] = {}, of = scene(map)): Promise<string> {
  return Buffer.from((await encode(of, plan(kind, changes))).bytes).toString();
}

it('polygons holds every region but the background’s, largest first, with its holes', async () => {
  const answer = PolygonsSchema.parse(JSON.parse(await text('polygons')));
  assert.deepEqual(
    answer.regions.map(({ label, pixels, box, holes }) => [label, pixels, box, holes.length]),
    [
      ['green', 34, { x: 2, y: 2, width: 7, height: 5 }, 1],
      ['red', 1, { x: 5, y: 4, width: 1, height: 1 }, 0],
    ],
  );
});

it('region answers keep to the named classes and to minArea', async () => {
  const onlyBlue = PolygonsSchema.parse(JSON.parse(await text('polygons', { foreground: [2] })));
  assert.deepEqual(
    onlyBlue.regions.map(({ label }) => label),
    ['blue'],
  );
  const large = CocoSchema.parse(JSON.parse(await text('coco', { minArea: 2 })));
  assert.deepEqual(
    large.annotations.map(({ area }) => area),
    [35], // the smaller region is now a part of it
  );
});

it('coco writes polygons where there are no holes, and run lengths in the form that was asked for', async () => {
  const forms = async (cocoMask: 'polygon' | 'rle' | 'counts') =>
    CocoSchema.parse(JSON.parse(await text('coco', { cocoMask }))).annotations.map(({ segmentation }) =>
      Array.isArray(segmentation) ? 'polygon' : typeof segmentation.counts,
    );
  assert.deepEqual(await forms('polygon'), ['string', 'polygon']);
  assert.deepEqual(await forms('rle'), ['string', 'string']);
  assert.deepEqual(await forms('counts'), ['object', 'object']);
});

it('geojson closes its rings and gives outer rings a positive area', async () => {
  const { features } = GeojsonSchema.parse(JSON.parse(await text('geojson')));
  for (const { geometry } of features) {
    for (const ring of geometry.coordinates) assert.deepEqual(ring[0], ring.at(-1));
    const back = rasterize(new Uint8Array(108), 12, [geometry.coordinates[0]!.slice(0, -1).flat()], 1);
    assert.ok(back.includes(1));
  }
});

it('yolo has one line for each region, holes cut in, in shares of the sides', async () => {
  const lines = (await text('yolo', { tolerance: 0 })).trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.split(' ')[0]),
    ['1', '0'],
  );
  const shares = lines.flatMap((line) => line.split(' ').slice(1).map(Number));
  assert.ok(shares.every((share) => share >= 0 && share <= 1));
});

it('svg shows the regions where they are, in their colours', async () => {
  const svg = await text('svg', { tolerance: 0, opacity: 1 });
  const { data } = await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number) => [...data.subarray((y * 12 + x) * 4, (y * 12 + x) * 4 + 4)];
  assert.deepEqual([at(0, 0)[3], at(3, 3), at(5, 4)], [0, [0, 200, 0, 255], [200, 0, 0, 255]]);
});

it('svg writes labels as XML text', async () => {
  const named = scene(map);
  const spec = { ...named.spec, labels: ['<a & "b">\u0001', 'green', 'blue'] };
  const parts = { ...named, spec, threshold: 0.5, width: 12, height: 9, labels: map.data as Uint8Array };
  const svg = await text('svg', {}, new Scene({ ...parts, alpha: undefined, score: undefined, photo: named.photo }));
  assert.match(svg, /<title>&lt;a &amp; &quot;b&quot;&gt;<\/title>/);
});

it('a matting model’s regions are its thresholded foreground', async () => {
  const alpha = Uint8Array.from(map.data, (value) => (value === 1 ? 200 : 20));
  const photo = () => Promise.reject(new Error('no photo is needed'));
  const spec = tinySpec({ task: 'matting' });
  const matte = new Scene({
    spec,
    threshold: 0.5,
    width: 12,
    height: 9,
    labels: undefined,
    alpha,
    score: undefined,
    photo,
  });
  const { regions } = PolygonsSchema.parse(JSON.parse(await text('polygons', {}, matte)));
  assert.deepEqual(
    regions.map(({ class: index, pixels, holes }) => [index, pixels, holes.length]),
    [[1, 34, 1]],
  );
});

it('classes beyond the labels are left out until they are named', async () => {
  const strange = mask('strange', 4, 4, () => 7);
  assert.equal(await text('yolo', {}, scene(strange)), '');
});

it('an empty picture of the wanted classes is a valid answer of every kind', async () => {
  const nothing = mask('nothing', 4, 4, () => 2);
  for (const kind of ['polygons', 'geojson', 'coco', 'labelstudio'] as const) {
    JSON.parse(await text(kind, {}, scene(nothing)));
  }
});
