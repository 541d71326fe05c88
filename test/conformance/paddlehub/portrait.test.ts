import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, it } from 'node:test';
import sharp from 'sharp';
import { defaultLimits } from '../../../packages/server/src/domain/limits.ts';
import { openInProcess } from '../../../packages/server/src/engine/inProcess.ts';
import { builtInModels, findModels } from '../../../packages/server/src/models/repository.ts';
import { paddlehubWire } from '../../../packages/server/src/protocols/paddlehub/paddlehubWire.ts';
import { examplePhoto } from '../../support/repository.ts';
import { openWire } from '../../support/wireServer.ts';
import { predict } from './hubServer.ts';

const modules = ['humanseg_server', 'deeplabv3p_xception65_humanseg', 'modnet_mobilenetv2_matting'];
const models = (await findModels([builtInModels()])).filter(({ manifest }) => manifest.name === 'portrait');
const engine = await openInProcess({ models, limits: defaultLimits, threads: 1, checkGoldens: false });
after(() => engine.close());
const server = await openWire((services) => paddlehubWire(services, { modules }), { engine });

const astronaut = readFileSync(examplePhoto);
const photo = await sharp(astronaut).resize(160, 160).png().toBuffer();

async function greyOf(base64: string) {
  const bytes = Buffer.from(base64, 'base64');
  const { data, info } = await sharp(bytes).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  const { format, channels } = await sharp(bytes).metadata();
  return { ...info, format, channels, at: (x: number, y: number) => data[y * info.width + x]! };
}

it('The built-in portrait model answers for humanseg_server: a person is light, the room around dark', async () => {
  const { body, results } = await predict(server, { images: [photo.toString('base64')] });
  assert.equal(body?.status, '000', String(body?.msg));
  const [{ data }] = results as [{ data: string }];
  const grey = await greyOf(data);
  assert.deepEqual([grey.width, grey.height, grey.channels, grey.format], [160, 160, 1, 'jpeg']);
  assert.ok(grey.at(70, 45) > 240, `the face: ${grey.at(70, 45)}`);
  assert.ok(grey.at(155, 20) < 15, `the room: ${grey.at(155, 20)}`);
});

it('deeplabv3p_xception65_humanseg stretches the same opacity from 120 to 255', async () => {
  const images = [photo.toString('base64')];
  const ask = async (module: string) => {
    const { body } = await predict(server, { images }, { module });
    return body?.results as { data: string[] } & [{ data: string }];
  };
  const plain = await greyOf((await ask('modnet_mobilenetv2_matting')).data[0]!);
  const levelled = await greyOf((await ask('deeplabv3p_xception65_humanseg'))[0].data);
  let worst = 0;
  for (let y = 0; y < 160; y++) {
    for (let x = 0; x < 160; x++) {
      const expected = (Math.max(0, plain.at(x, y) - 120) * 255) / 135;
      worst = Math.max(worst, Math.abs(expected - levelled.at(x, y)));
    }
  }
  // JPEG of quality 95 is what lies between them.
  assert.ok(worst <= 16, `they differ by up to ${worst}`);
});
