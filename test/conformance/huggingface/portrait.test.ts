import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { huggingfaceWire } from '../../../packages/server/src/protocols/huggingface/huggingfaceWire.ts';
import { openPortrait } from '../../support/portraitEngine.ts';
import { examplePhoto } from '../../support/repository.ts';
import { openWire } from '../../support/wireServer.ts';

const engine = await openPortrait();
const { url } = await openWire((services) => huggingfaceWire(services, {}), { engine });
const photo = await sharp(await readFile(examplePhoto))
  .resize(120, 90, { fit: 'fill' })
  .png()
  .toBuffer();

async function personOf(parameters?: object): Promise<{ score: number; pixels: Buffer }> {
  const json = JSON.stringify({ inputs: photo.toString('base64'), parameters });
  const body = parameters === undefined ? photo : Buffer.from(json);
  const headers = { 'content-type': parameters === undefined ? 'image/png' : 'application/json' };
  const response = await fetch(url, { method: 'POST', body: new Uint8Array(body), headers });
  const segments = (await response.json()) as { label: string; score: number; mask: string }[];
  assert.deepEqual([response.status, segments.map(({ label }) => label)], [200, ['person']]);
  const { mask, score } = segments[0]!;
  const { data, info } = await sharp(Buffer.from(mask, 'base64'))
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [120, 90]);
  return { score, pixels: data };
}

async function alpha(): Promise<Buffer> {
  const { answers } = await engine.segment({ model: 'portrait', image: photo, answers: [{ kind: 'alpha' }] });
  return sharp(Buffer.from(answers[0]!.bytes)).extractChannel(0).raw().toBuffer();
}

describe('the built-in portrait model', { timeout: 60_000 }, () => {
  test('gives the mask of the person, as the engine has it', async () => {
    const { answers } = await engine.segment({ model: 'portrait', image: photo, answers: [{ kind: 'labels' }] });
    const labels = await sharp(Buffer.from(answers[0]!.bytes)).extractChannel(0).raw().toBuffer();
    const { score, pixels } = await personOf();
    assert.deepEqual(pixels, Buffer.from(labels.map((label) => label * 255)));
    assert.ok(pixels.includes(0) && pixels.includes(255));
    assert.ok(score > 0.5 && score <= 1, `${score}`);
  });

  test('is cut where mask_threshold says', async () => {
    const opacity = await alpha();
    for (const share of [0.1, 0.9]) {
      const { pixels } = await personOf({ mask_threshold: share });
      for (const [at, value] of opacity.entries()) {
        // Within a step of 255 of the threshold rounding decides.
        if (Math.abs(value - share * 255) > 1)
          assert.equal(pixels[at], value > share * 255 ? 255 : 0, `${at}: ${value}`);
      }
    }
  });
});
