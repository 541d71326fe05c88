import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { repository } from '../../support/repository.ts';
import { startHere } from '../../support/servers.ts';

test('The matting operator gives the photo’s own pixels with the portrait model’s alpha', {
  timeout: 60_000,
}, async () => {
  const server = await startHere({ wires: [{ name: 'paddle-pipeline', port: 0 }] });
  const [, { url }] = server.addresses as [unknown, { url: string }];
  const photo = await sharp(await readFile(path.join(repository, 'examples/astronaut.jpg')))
    .resize(160, 120, { fit: 'fill' })
    .png()
    .toBuffer();
  const body = JSON.stringify({ key: ['image'], value: [photo.toString('base64')] });
  const response = await fetch(`${url}/matting/prediction`, { method: 'POST', body: Buffer.from(body) });
  const reply = (await response.json()) as { err_no: number; key: string[]; value: string[] };
  assert.deepEqual([reply.err_no, reply.key], [0, ['alpha']]);
  const cutout = await sharp(Buffer.from(reply.value[0]!, 'base64')).raw().toBuffer({ resolveWithObject: true });
  assert.deepEqual([cutout.info.width, cutout.info.height, cutout.info.channels], [160, 120, 4]);
  const colors = await sharp(cutout.data, { raw: cutout.info }).removeAlpha().raw().toBuffer();
  assert.ok(colors.equals(await sharp(photo).raw().toBuffer()), 'every colour is kept, also where alpha is 0');
  const { segment } = {
    segment: await server.engine.segment({ model: 'portrait', image: photo, answers: [{ kind: 'alpha' }] }),
  };
  const alpha = await sharp(Buffer.from(segment.answers[0]!.bytes)).extractChannel(0).raw().toBuffer();
  const sent = await sharp(cutout.data, { raw: cutout.info }).extractChannel(3).raw().toBuffer();
  assert.ok(sent.equals(alpha));
  assert.ok(alpha.some((value) => value > 250) && alpha.some((value) => value < 5), 'it found the astronaut');
});
