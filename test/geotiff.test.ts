import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, it, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import { georeferenceOf } from '../packages/server/src/pipeline/geo/georeference.ts';
import { readHeader } from '../packages/server/src/pipeline/header.ts';
import { pixelsOf } from '../packages/server/src/pipeline/testing/pictures.ts';
import { allGeoAnswers, type GeoCase, geoAnswer, geoSources } from './reference/geotiffAnswers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';

interface Recorded {
  readonly source: string;
  readonly case: GeoCase;
  readonly width: number;
  readonly height: number;
  readonly epsg: number | null;
  readonly located: boolean;
  /** As GDAL has it: a, b, c, d, e, f; null where control points or nothing say where it lies. */
  readonly transform: readonly number[] | null;
  readonly pixels: string;
  readonly colorBands: number;
  readonly features?: number;
}

/** What GDAL read of our answers; geotiff.py says how it was got. */
const file = fileURLToPath(new URL('reference/geotiff.json', import.meta.url));
const recorded = JSON.parse(readFileSync(file, 'utf8')).answers as readonly Recorded[];

const run = promisify(execFile);
const python = process.env.SEGSERVE_PYTHON ?? 'python3';
const hasGdal = await run(python, ['-c', 'import rasterio'], { timeout: 30_000 }).then(
  () => true,
  () => false,
);

describe('a GeoTIFF that GDAL wrote, segmented, is a GeoTIFF in which GDAL has read the same as we do:', () => {
  for (const each of recorded) {
    it(`${each.source}, ${JSON.stringify(each.case)}`, async () => {
      const source = geoSources.find(({ name }) => name === each.source)!;
      const answer = await geoAnswer(source, each.case);
      const labels = Buffer.from(answer.labels, 'base64');
      const header = await readHeader(labels, defaultLimits);
      assert.deepEqual([header.width, header.height], [each.width, each.height]);
      const geo = georeferenceOf(labels, header);
      assert.equal(geo !== undefined, each.located);
      assert.equal(geo?.epsg ?? null, each.located ? each.epsg : null);
      assert.equal(geo?.affine === undefined, each.transform === null);
      for (const [at, value] of (each.transform ?? []).entries()) near(geo!.affine![at]!, value);
      const scale = geo?.fields.find(({ tag }) => tag === 33_550)?.values ?? [];
      assert.ok(
        scale.every((value) => value >= 0),
        'readers differ over a negative ModelPixelScale',
      );
      const { data, channels } = await pixelsOf(labels); // grey may come as three alike
      const classes = data.filter((_, at) => at % channels === 0);
      assert.equal(createHash('sha256').update(classes).digest('hex').slice(0, 24), each.pixels);
      if (each.features !== undefined) assert.equal(JSON.parse(answer.geojson!).features.length, each.features);
    });
  }
});

test('the record has every source with every case', async () => {
  assert.equal(recorded.length, geoSources.length * 4);
  assert.ok(geoSources.length >= 10);
});

test('GDAL reads our answers now as it did when they were recorded', {
  skip: hasGdal ? false : `${python} has no rasterio; SEGSERVE_PYTHON may name a Python that has it`,
  timeout: 120_000,
}, async () => {
  const folder = temporaryFolder();
  const answers = path.join(folder, 'answers.json');
  await writeFile(answers, JSON.stringify(await allGeoAnswers()));
  const judge = fileURLToPath(new URL('reference/geotiff.py', import.meta.url));
  const { stdout } = await run(python, ['-W', 'ignore', judge, 'judge', answers], { maxBuffer: 16 * 1024 * 1024 });
  assert.deepEqual(JSON.parse(stdout).answers, recorded);
});

/** To a millionth of a pixel: both did their sums in doubles, in another order. */
function near(is: number, shall: number): void {
  assert.ok(Math.abs(is - shall) <= 1e-9 * Math.max(1, Math.abs(shall)), `${is} is not ${shall}`);
}
