import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { defaultLimits } from '../../domain/limits.ts';
import type { MaskPlan } from '../../domain/request.ts';
import { readHeader } from '../header.ts';
import { plan } from '../testing/pictures.ts';
import { answered, texture } from '../tiled/testing/answered.ts';
import { convolution, freeSpec } from '../tiled/testing/convolution.ts';
import { georeferenceOf } from './georeference.ts';
import { geoTiff, utmKeys } from './testing/geoTiff.ts';

const [width, height] = [90, 60];
const pixels = texture(width, height);
const scaled = [
  { tag: 33_550, type: 'double', values: [0.5, 0.25, 0] },
  { tag: 33_922, type: 'double', values: [0, 0, 0, 600_000, 5_700_000, 0] },
] as const;
const graph = convolution({ classes: 3, depth: 1 });
const spec = freeSpec(3, { background: 0, input: { size: { rule: 'free', multiple: 1 } } });
const geojson = plan('geojson', { tolerance: 0, coordinates: 'source' });

async function segmented(image: Uint8Array, answers = [geojson], mask: Partial<MaskPlan> = {}, part?: object) {
  const header = { ...(await readHeader(image, defaultLimits)), ...(part ? { ...part, part } : {}) };
  const { answers: made } = await answered({ spec, graph, image, mask, job: { answers, header: header as never } });
  return made.map(({ bytes }) => bytes);
}

const json = (bytes: Uint8Array | undefined) => JSON.parse(Buffer.from(bytes!).toString());

describe('a georeference', () => {
  for (const form of ['classic', 'big', 'motorola'] as const) {
    it(`is read from a ${form} TIFF`, async () => {
      const image = geoTiff(pixels, width, height, [...scaled, ...utmKeys(32_632)], form);
      const geo = georeferenceOf(image, await readHeader(image, defaultLimits))!;
      assert.deepEqual(geo.affine, [0.5, 0, 600_000, 0, -0.25, 5_700_000]);
      assert.equal(geo.epsg, 32_632);
    });
  }

  it('lies half a pixel up and left where pixels are points', async () => {
    const image = geoTiff(pixels, width, height, [...scaled, ...utmKeys(32_632, 2)]);
    const geo = georeferenceOf(image, await readHeader(image, defaultLimits))!;
    assert.deepEqual(geo.affine, [0.5, 0, 599_999.75, 0, -0.25, 5_700_000.125]);
  });

  it('follows a tie point that is not the corner, and a matrix that turns', async () => {
    const tied = [scaled[0], { tag: 33_922, type: 'double', values: [10, 20, 0, 100, 200, 0] }] as const;
    const one = geoTiff(pixels, width, height, tied);
    assert.deepEqual(georeferenceOf(one, await readHeader(one, defaultLimits))!.affine, [0.5, 0, 95, 0, -0.25, 205]);
    const matrix = [2, 1, 0, 50, 1, -2, 0, 70, 0, 0, 0, 0, 0, 0, 0, 1];
    const other = geoTiff(pixels, width, height, [{ tag: 34_264, type: 'double', values: matrix }]);
    const geo = georeferenceOf(other, await readHeader(other, defaultLimits))!;
    assert.deepEqual(geo.affine, [2, 1, 50, 1, -2, 70]);
    assert.equal(geo.epsg, undefined);
  });

  it('is nothing in a TIFF without one, and in one whose tags lead nowhere', async () => {
    const plain = geoTiff(pixels, width, height, []);
    assert.equal(georeferenceOf(plain, await readHeader(plain, defaultLimits)), undefined);
    const image = geoTiff(pixels, width, height, [...scaled]);
    const cut = image.subarray(0, image.length - 60); // the doubles stand last
    assert.doesNotThrow(() => georeferenceOf(cut, { format: 'tiff', orientation: 1 } as never));
  });
});

describe('GeoJSON in the source’s coordinates', () => {
  it('names the system, places every point by the file’s grid, and keeps rings the right way round', async () => {
    const image = geoTiff(pixels, width, height, [...scaled, ...utmKeys(32_632)]);
    const [placed, counted] = await segmented(image, [geojson, plan('geojson', { tolerance: 0 })]);
    const [is, shall] = [json(placed), json(counted)];
    assert.deepEqual(is.crs, { type: 'name', properties: { name: 'urn:ogc:def:crs:EPSG::32632' } });
    assert.equal('crs' in shall, false);
    assert.equal(is.features.length, shall.features.length);
    for (const [at, feature] of is.features.entries()) {
      const other = shall.features[at];
      const points = (one: typeof feature) => new Set(one.geometry.coordinates.flat().map(String));
      const moved = new Set(
        other.geometry.coordinates
          .flat()
          .map(([x, y]: [number, number]) => String([600_000 + x * 0.5, 5_700_000 - y * 0.25])),
      );
      assert.deepEqual(points(feature), moved);
      const [outer, ...holes] = feature.geometry.coordinates;
      assert.ok(area(outer) > 0, 'outer rings run counter-clockwise where y runs up');
      for (const hole of holes) assert.ok(area(hole) < 0);
      const [left, bottom, right, top] = feature.bbox;
      const [l, t, r, b] = other.bbox;
      assert.deepEqual(
        [left, bottom, right, top],
        [600_000 + l * 0.5, 5_700_000 - b * 0.25, 600_000 + r * 0.5, 5_700_000 - t * 0.25],
      );
    }
  });

  it('counts from the corner of a region, and at the scale of another size', async () => {
    const image = geoTiff(pixels, width, height, [...scaled, ...utmKeys(32_632)]);
    const all = (bytes: Uint8Array | undefined) =>
      json(bytes).features.flatMap((one: { bbox: number[] }) => [one.bbox]);
    const span = (boxes: number[][]) => [
      Math.min(...boxes.map(([left]) => left!)),
      Math.max(...boxes.map(([, , right]) => right!)),
    ];
    const everything = plan('geojson', { tolerance: 0, coordinates: 'source', foreground: [0, 1, 2] });
    const [region] = await segmented(image, [everything], {}, { x: 20, y: 10, width: 30, height: 30 });
    assert.deepEqual(span(all(region)), [600_010, 600_025]);
    const [small] = await segmented(image, [everything], { size: { width: 45, height: 30 } });
    assert.deepEqual(span(all(small)), [600_000, 600_045]);
  });

  it('is refused for a picture that says nothing of where it lies', async () => {
    await assert.rejects(segmented(geoTiff(pixels, width, height, [])), {
      code: 'invalid_request',
      message: /GeoTIFF with an affine georeference/,
    });
  });
});

describe('a TIFF answer', () => {
  const tiff = plan('labels', { format: 'tiff' });
  it('of a GeoTIFF has its georeference, tag by tag', async () => {
    const fields = [...scaled, ...utmKeys(32_632)].toSorted((a, b) => a.tag - b.tag);
    const image = geoTiff(pixels, width, height, fields);
    const [made] = await segmented(image, [tiff]);
    const geo = georeferenceOf(made!, await readHeader(made!, defaultLimits))!;
    assert.deepEqual(geo.fields, fields);
  });

  it('of a region lies where the region lay, at another size too', async () => {
    const image = geoTiff(pixels, width, height, [...scaled, ...utmKeys(32_632, 2)]);
    const [made] = await segmented(
      image,
      [tiff],
      { size: { width: 15, height: 60 } },
      { x: 20, y: 10, width: 30, height: 30 },
    );
    const geo = georeferenceOf(made!, await readHeader(made!, defaultLimits))!;
    assert.deepEqual(geo.affine, [1, 0, 600_009.75, 0, -0.125, 5_699_997.625]);
    assert.equal(geo.epsg, 32_632);
  });

  it('of another picture has none', async () => {
    const [made] = await segmented(geoTiff(pixels, width, height, []), [tiff]);
    assert.equal(georeferenceOf(made!, await readHeader(made!, defaultLimits)), undefined);
  });
});

function area(ring: [number, number][]): number {
  return ring.slice(1).reduce((sum, [x, y], at) => sum + ring[at]![0] * y - x * ring[at]![1], 0);
}
