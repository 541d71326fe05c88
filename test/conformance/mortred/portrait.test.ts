import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, describe, test } from 'node:test';
import sharp from 'sharp';
import { defaultLimits } from '../../../packages/server/src/domain/limits.ts';
import { openInProcess } from '../../../packages/server/src/engine/inProcess.ts';
import { builtInModels, findModels } from '../../../packages/server/src/models/repository.ts';
import { mortredWire } from '../../../packages/server/src/protocols/mortred/mortredWire.ts';
import type { MortredSettings } from '../../../packages/server/src/protocols/mortred/settings.ts';
import { ask } from '../../support/ask.ts';
import { examplePhoto } from '../../support/repository.ts';
import { openWire } from '../../support/wireServer.ts';
import { bisenetv2, envelopeOf, picture, pictureIn, post, postStrict, prefix } from './mortredServer.ts';

const models = await findModels([builtInModels()]);
const engine = await openInProcess({ models, limits: defaultLimits, threads: 1, checkGoldens: false });
after(() => engine.close());
const open = (settings: Partial<MortredSettings> = {}) =>
  openWire((services) => mortredWire(services, { models: {}, ...settings }), { engine });

/** The astronaut, small. */
const photo = await sharp(await readFile(examplePhoto))
  .resize(96, 80, { fit: 'fill' })
  .jpeg()
  .toBuffer();
const body = { img_data: photo.toString('base64'), req_id: 'real' };
const matting = `${prefix}/matting/modnet`;
const people = `${prefix}/scene_segmentation/pphuman_seg`;

async function bytesOf(server: { url: string; port: number; close(): Promise<void> }, path: string, field: string) {
  const { code, data } = envelopeOf(await postStrict(server, path, body));
  assert.equal(code, 0);
  const bytes = Buffer.from((data as Record<string, string>)[field]!, 'base64');
  assert.equal((await sharp(bytes).metadata()).channels, 1);
  return { data, pixels: await sharp(bytes).extractChannel(0).raw().toBuffer({ resolveWithObject: true }) };
}

describe('mortred with the built-in model and no configuration', () => {
  test('matting gives the opacity that the engine gives, at the size of the photo', async () => {
    const server = await open();
    const { pixels } = await bytesOf(server, matting, 'segment_result');
    assert.deepEqual([pixels.info.width, pixels.info.height, pixels.info.channels], [96, 80, 1]);
    const { answers } = await engine.segment({ model: 'portrait', image: photo, answers: [{ kind: 'alpha' }] });
    assert.ok(pixels.data.equals(await sharp(answers[0]!.bytes).extractChannel(0).raw().toBuffer()));
    assert.ok(pixels.data.some((value) => value > 200) && pixels.data.some((value) => value < 50));
  });

  test('pphuman_seg is 0 for background and 1 for people', async () => {
    const server = await open({ profile: 'b' });
    const { pixels, data } = await bytesOf(server, people, 'segment_result');
    assert.deepEqual([...new Set(pixels.data)].toSorted(), [0, 1]);
    assert.deepEqual([pixels.info.width, pixels.info.height], [96, 80]);
    const color = await pictureIn(data, 'colorized_seg_mask');
    assert.deepEqual([color.width, color.height, color.channels, color.format], [96, 80, 3, 'png']);
  });

  test('the coloured mask is the class map in colours: equal classes, equal colours', async () => {
    const server = await open({ profile: 'c' });
    const { data, pixels } = await bytesOf(server, people, 'image');
    const bytes = Buffer.from((data as { colorized_mask: string }).colorized_mask, 'base64');
    const { data: colors, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    assert.equal(info.channels, 3);
    const expected = [
      [255, 0, 0],
      [0, 255, 74],
    ];
    const wrong = pixels.data.findIndex((label, at) => {
      return String([...colors.subarray(at * 3, at * 3 + 3)]) !== String(expected[label]);
    });
    assert.equal(wrong, -1);
  });

  test('bisenetv2 of era A gives a map of the network’s size, or of the configured one', async () => {
    const network = await bytesOf(await open(), bisenetv2, 'segment_result');
    const { width, height } = engine.model('portrait').input;
    assert.deepEqual([network.pixels.info.width, network.pixels.info.height], [width, height]);
    const fixed = await open({ modelSize: { width: 1024, height: 512 } });
    const configured = await bytesOf(fixed, bisenetv2, 'segment_result');
    assert.deepEqual([configured.pixels.info.width, configured.pixels.info.height], [1024, 512]);
  });

  test('pictures of one, three and four channels are answered alike', async () => {
    const server = await open();
    for (const [channels, image] of [
      [1, await sharp(picture).toColourspace('b-w').png().toBuffer()],
      [3, picture],
      [4, await sharp(picture).ensureAlpha(0.5).png().toBuffer()],
    ] as const) {
      const reply = await post(server, matting, { img_data: image.toString('base64'), req_id: 'r' });
      assert.equal(envelopeOf(reply).code, 0, `${channels} channels`);
    }
  });

  test('what is no picture, or only the beginning of one, is code 3', async () => {
    const server = await open();
    for (const image of [Buffer.from('no picture at all'), photo.subarray(0, 200), Buffer.from('<svg/>')]) {
      const { code, req_id } = envelopeOf(
        await post(server, matting, { img_data: image.toString('base64'), req_id: 'r' }),
      );
      assert.deepEqual([code, req_id], [3, 'r']);
    }
  });

  test('a deadline that is too short is code 4, and the next request is answered', async () => {
    const server = await open({ runTimeoutMs: 1 });
    assert.equal(envelopeOf(await post(server, matting, body)).code, 4);
    assert.equal(envelopeOf(await post(await open(), matting, body)).code, 0);
  });

  test('a strict server is ready, and so it says', async () => {
    const server = await open({ profile: 'c' });
    assert.equal((await ask(`${server.url}/ready`)).status, 200);
    assert.match(String((await ask(`${server.url}/metrics`)).bytes), /mortred_workers_available\{[^}]*\} 1\n/);
  });
});
