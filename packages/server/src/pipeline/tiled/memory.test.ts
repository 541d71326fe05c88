import assert from 'node:assert/strict';
import { it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import sharp from 'sharp';
import { defaultLimits } from '../../domain/limits.ts';
import { readHeader } from '../header.ts';
import { openModel } from '../pipeline.ts';
import { PngRows } from './pngRows.ts';
import { RowReader } from './rowReader.ts';
import type { ScoreSpec } from './scorePlanes.ts';
import { texture } from './testing/answered.ts';
import { convolution, freeSpec, preparedFor } from './testing/convolution.ts';
import { tileBands } from './tileBands.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Memory of buffers that something still refers to; what is freed by a collection is not counted. */
async function heldBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await nextTurn();
  }
  return process.memoryUsage().external;
}

const width = 1000;
const spec = freeSpec(4, { input: { size: { rule: 'free', multiple: 1 }, overlap: 32 } });

/** The most that is held while a picture of this height is segmented in tiles of 250×200 and written as PNG. */
async function mostHeld(height: number): Promise<number> {
  const small = texture(width / 20, 50);
  const raw = { width: width / 20, height: 50, channels: 3 } as const;
  const image = await sharp(small, { raw }).resize(width, height, { fit: 'fill' }).jpeg({ quality: 50 }).toBuffer();
  const model = await openModel(spec, preparedFor(spec, convolution({ classes: 4, depth: 1 })), {
    threads: 1,
    limits: defaultLimits,
  });
  const header = await readHeader(image, defaultLimits);
  const before = await heldBytes();
  let most = 0;
  const file = new PngRows({ width, height, bits: 8, bytesMax: 2 ** 30 });
  const bands = tileBands({
    session: await model.session('scores'),
    spec: spec as ScoreSpec,
    picture: header,
    tiling: { tile: { width: 250, height: 200 }, overlap: { across: 32, down: 32 } },
    reader: new RowReader(image, header, 400_000),
    variants: undefined,
    scoreWanted: false,
    beforeRun: async () => {},
    clock: { decode: 0, infer: 0, postprocess: 0 },
  });
  for await (const { raw: rows } of bands) {
    await file.push(rows.labels!);
    most = Math.max(most, (await heldBytes()) - before);
  }
  const { width: w, height: h } = await sharp(await file.end()).metadata();
  assert.deepEqual([w, h], [width, height]);
  await model.close();
  return most;
}

it('tiles hold no more of a picture four times as high, whose pixels and classes are nine and three megabytes more', async () => {
  const low = await mostHeld(1000);
  const high = await mostHeld(4000);
  assert.ok(low < 8e6, `${low} bytes for a picture of 3 MB`);
  assert.ok(high - low < 1e6, `${high} bytes where the low picture takes ${low}`);
});
