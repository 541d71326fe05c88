import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { npyBytes } from '../../../packages/server/src/pipeline/encode/npy.ts';
import { until } from '../../support/until.ts';
import { bundleServer, text } from './bundleServer.ts';

test('A caller who leaves frees the place of the request', async () => {
  const server = await bundleServer();
  let freed = false;
  server.engine.instead = (request) =>
    new Promise((_, reject) => {
      request.signal!.addEventListener('abort', () => {
        freed = true;
        reject(new Fault('cancelled', 'Gone.'));
      });
    });
  const leaving = new AbortController();
  const reply = server.get('/predict', { method: 'POST', body: 'picture', signal: leaving.signal });
  await until('the engine has the request', () => server.engine.requests.length === 1, 5000);
  leaving.abort();
  await assert.rejects(reply);
  await until('the engine was told', () => freed, 5000);
  server.engine.instead = undefined;
  assert.equal((await server.call('/predict')).status, 200);
});

test('A caller who leaves in the middle of a class map does no harm', async () => {
  const server = await bundleServer();
  server.engine.tensor = npyBytes(new Uint8Array(3000 * 2000), [2000, 3000]);
  const leaving = new AbortController();
  const response = await fetch(`${server.url}/predict`, { method: 'POST', body: 'picture', signal: leaving.signal });
  const reader = response.body!.getReader();
  await reader.read();
  leaving.abort();
  await assert.rejects(async () => {
    for (let piece = await reader.read(); !piece.done; ) piece = await reader.read();
  });
  assert.equal(text(await server.get('/healthz')), '\n');
  const whole = await server.call('/predict');
  assert.equal(whole.bytes.length, Number(whole.headers['content-length']));
});
