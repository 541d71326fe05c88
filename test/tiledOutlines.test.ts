import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import { georeferenceOf } from '../packages/server/src/pipeline/geo/georeference.ts';
import { readHeader } from '../packages/server/src/pipeline/header.ts';
import { plan } from '../packages/server/src/pipeline/testing/pictures.ts';
import { answered } from '../packages/server/src/pipeline/tiled/testing/answered.ts';
import { convolution, freeSpec } from '../packages/server/src/pipeline/tiled/testing/convolution.ts';
import { geoSources } from './reference/geotiffAnswers.ts';

const spec = freeSpec(3, { input: { size: { rule: 'free', multiple: 1 }, overlap: 8 } });
const graph = convolution({ classes: 3, depth: 1 });
const geojson = plan('geojson', { format: 'geojson', tolerance: 1, foreground: [0, 1, 2], coordinates: 'source' });

/** The GeoTIFF's regions in its own coordinates; `imagePixelsMax` decides whether it is held whole. */
async function outlinesOf(image: Buffer, imagePixelsMax: number): Promise<string> {
  const mask = { tile: { width: 24, height: 16 } };
  const { answers } = await answered({
    spec,
    graph,
    image,
    mask,
    job: { answers: [geojson] },
    limits: { imagePixelsMax },
  });
  return Buffer.from(answers[0]!.bytes).toString();
}

describe('outlines of a GeoTIFF too large to be held', () => {
  for (const { name, tiff } of geoSources) {
    const image = Buffer.from(tiff, 'base64');
    test(`lie where those of one that is held lie: ${name}`, async () => {
      const geo = georeferenceOf(image, await readHeader(image, defaultLimits));
      if (geo?.affine === undefined) {
        await assert.rejects(outlinesOf(image, 10), { code: 'invalid_request', message: /affine georeference/ });
        return;
      }
      const rows = await outlinesOf(image, 10);
      assert.equal(rows, await outlinesOf(image, 50_000_000));
      const made = JSON.parse(rows);
      assert.ok(made.features.length > 1);
      if (geo.epsg !== undefined) assert.match(JSON.stringify(made.crs), new RegExp(`EPSG::${geo.epsg}"`));
    });
  }
});
