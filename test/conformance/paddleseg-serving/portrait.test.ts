import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { paddlesegServingWire } from '../../../packages/server/src/protocols/paddleseg-serving/paddlesegServingWire.ts';
import { ask } from '../../support/ask.ts';
import { openPortrait } from '../../support/portraitEngine.ts';
import { examplePhoto } from '../../support/repository.ts';
import { openWire } from '../../support/wireServer.ts';
import { instance, masksOf, sizeOf } from './callers.ts';

const engine = await openPortrait();
const release = await openWire((services) => paddlesegServingWire(services, {}), { engine });
const seed = await openWire((services) => paddlesegServingWire(services, { profile: 'seed' }), { engine });
const [width, height] = [120, 80];
const photo = await sharp(examplePhoto).resize(width, height, { fit: 'fill' }).jpeg().toBuffer();

async function maskFrom(url: string): Promise<Buffer> {
  const body = JSON.stringify({ instances: [instance(photo)] });
  const [mask] = masksOf(await ask(`${url}/ImageSegService/inference`, { body }));
  assert.deepEqual(await sizeOf(mask!), [height, width]);
  // As the original's client does: rows are the width, columns the height.
  return sharp(mask).resize(width, height, { fit: 'fill', kernel: 'linear' }).raw().toBuffer();
}

test('A real portrait, stretched back as the original’s client does, has the engine’s own opacity', async () => {
  const { answers } = await engine.segment({ model: 'portrait', image: photo, answers: [{ kind: 'alpha' }] });
  const own = await sharp(answers[0]!.bytes).raw().toBuffer();
  const there = await maskFrom(release.url);
  assert.equal(there.length, own.length);
  const difference = own.reduce((sum, value, at) => sum + Math.abs(value - there[at]!), 0) / own.length;
  assert.ok(difference < 6, `mean difference ${difference}`);
  assert.ok(own.some((value) => value > 250) && own.some((value) => value < 5));
});

test('In the profile seed the mask holds class numbers', async () => {
  const there = await maskFrom(seed.url);
  assert.deepEqual([...new Set(there)].toSorted(), [0, 1]);
});
