import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import sharp from 'sharp';
import { rembgWire } from '../../../packages/server/src/protocols/rembg/rembgWire.ts';
import { ask } from '../../support/ask.ts';
import { openPortrait } from '../../support/portraitEngine.ts';
import { examplePhoto } from '../../support/repository.ts';
import { openWire } from '../../support/wireServer.ts';
import { type Field, formOf } from './rembgServer.ts';

const width = 120;
const height = 90;
const photo = await sharp(await readFile(examplePhoto))
  .resize(width, height, { fit: 'fill' })
  .png()
  .toBuffer();

const engine = await openPortrait();
const { url } = await openWire((services) => rembgWire(services, {}), { engine });

interface Pixels {
  readonly channels: number;
  readonly data: Buffer;
}

async function remove(fields: readonly Field[] = [], target = '/api/remove'): Promise<Pixels> {
  const reply = await ask(`${url}${target}`, formOf([['file', photo, 'photo.png'], ...fields]));
  assert.equal(reply.status, 200, String(reply.bytes));
  const { channels } = await sharp(reply.bytes).metadata();
  const decoded = channels === 1 ? sharp(reply.bytes).toColourspace('b-w') : sharp(reply.bytes);
  const { data, info } = await decoded.raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([info.width, info.height], [width, height]);
  assert.equal(info.channels, channels);
  return { channels, data };
}

const channel = ({ channels, data }: Pixels, which: number) =>
  Buffer.from(data.filter((_, at) => at % channels === which));

describe('The built-in model behind the wire', { timeout: 60_000 }, () => {
  it('gives a cut-out whose fourth channel is the mask of one channel', async () => {
    const cutout = await remove();
    const mask = await remove([['om', 'true']]);
    assert.deepEqual([cutout.channels, mask.channels], [4, 1]);
    assert.ok(channel(cutout, 3).equals(mask.data));
    assert.ok(mask.data.includes(0) && mask.data.includes(255));
  });

  it('leaves the photo its colours where it is seen, and takes them where it is not', async () => {
    const { data } = await remove();
    const original = await sharp(photo).removeAlpha().raw().toBuffer();
    for (let at = 0; at < width * height; at++) {
      const alpha = data[at * 4 + 3]!;
      const colors = [...data.subarray(at * 4, at * 4 + 3)];
      if (alpha === 0) assert.deepEqual(colors, [0, 0, 0]);
      else assert.deepEqual(colors, [...original.subarray(at * 3, at * 3 + 3)]);
    }
  });

  it('ppm cuts the mask at 127', async () => {
    const soft = await remove([['om', '1']]);
    const hard = await remove([
      ['om', '1'],
      ['ppm', '1'],
    ]);
    assert.ok(soft.data.some((alpha) => alpha > 0 && alpha < 255));
    assert.ok(hard.data.every((alpha, at) => alpha === (soft.data[at]! < 127 ? 0 : 255)));
  });

  it('a changes the mask at its edges alone; om does not see it', async () => {
    const plain = channel(await remove(), 3);
    const matted = channel(await remove([['a', 'true']]), 3);
    assert.ok(!plain.equals(matted));
    const changed = plain.filter((alpha, at) => Math.abs(alpha - matted[at]!) > 128).length;
    assert.ok(changed < plain.length / 50, `${changed}`);
    assert.ok(
      (
        await remove([
          ['a', 'true'],
          ['om', 'true'],
        ])
      ).data.equals(plain),
    );
  });

  it('bgc lays the cut-out on a colour, as alpha compositing does', async () => {
    const cutout = await remove();
    const opaque = await remove([], '/api/remove?bgc=10,200,30,255');
    const veiled = await remove([], '/api/remove?bgc=10,200,30,128');
    assert.equal(veiled.channels, 4);
    for (let at = 0; at < width * height; at++) {
      const alpha = cutout.data[at * 4 + 3]! / 255;
      for (const [which, back] of [10, 200, 30].entries()) {
        const front = cutout.data[at * 4 + which]!;
        const expected = front * alpha + back * (1 - alpha);
        assert.ok(Math.abs(opaque.data[at * opaque.channels + which]! - expected) <= 1);
      }
      const expectedAlpha = 255 * alpha + 128 * (1 - alpha);
      assert.ok(Math.abs(veiled.data[at * 4 + 3]! - expectedAlpha) <= 1);
    }
  });

  it('what is no picture is the plain text of status 500', async () => {
    for (const [bytes, says] of [
      ['no picture', /^Internal Server Error: .*image/],
      ['', /^Internal Server Error: /],
    ] as const) {
      const reply = await ask(`${url}/api/remove`, formOf([['file', bytes, 'a.png']]));
      assert.equal(reply.status, 500);
      assert.match(String(reply.bytes), says);
    }
  });
});
