import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { defaultLimits } from '../../../packages/server/src/domain/limits.ts';
import { openInProcess } from '../../../packages/server/src/engine/inProcess.ts';
import { builtInModels, findModels } from '../../../packages/server/src/models/repository.ts';
import { bentomlWire } from '../../../packages/server/src/protocols/bentoml/bentomlWire.ts';
import { ask } from '../../support/ask.ts';
import { openWire } from '../../support/wireServer.ts';
import { formOf } from './bundleServer.ts';

test('Without any configuration a photo becomes the class map of the person in it', async () => {
  const models = await findModels([builtInModels()]);
  const portrait = models.filter(({ manifest }) => manifest.name === 'portrait');
  const engine = await openInProcess({ models: portrait, limits: defaultLimits, threads: 1, checkGoldens: false });
  after(() => engine.close({ graceMs: 0 }));
  const { url } = await openWire((services) => bentomlWire(services, {}), { engine });

  const photo = await sharp(await readFile(new URL('../../../examples/astronaut.jpg', import.meta.url)))
    .resize(120, 90, { fit: 'fill' })
    .jpeg()
    .toBuffer();
  const { body, headers } = formOf([{ field: 'file', fileName: 'astronaut.jpg', bytes: photo }]);
  const reply = await ask(`${url}/predict`, { method: 'POST', body, headers });
  assert.equal(reply.status, 200, reply.bytes.toString());
  const rows = JSON.parse(reply.bytes.toString()) as number[][];
  assert.equal(rows.length, 90);
  assert.ok(rows.every((row) => row.length === 120 && row.every((value) => value === 0 || value === 1)));
  const person = rows.flat().filter((value) => value === 1).length / (120 * 90);
  assert.ok(person > 0.2 && person < 0.8, `${person}`);
  assert.deepEqual([rows[60]![55], rows[2]![2]], [1, 0]);

  const noPicture = await ask(`${url}/predict`, { method: 'POST', body: 'no picture' });
  assert.equal(noPicture.status, 500);
  assert.match(noPicture.bytes.toString(), /^Exception happened in API function: /);
});
