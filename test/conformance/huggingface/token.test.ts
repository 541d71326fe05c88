import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { huggingfaceServer, photo } from './huggingfaceServer.ts';

const picture = await photo();
const token = 'hf_Secret+/=';
const server = await huggingfaceServer({ settings: { token } });

describe('a token', { timeout: 20_000 }, () => {
  for (const authorization of [`Bearer ${token}`, `bearer  ${token} `]) {
    test(`${authorization} is let in`, async () => {
      for (const path of ['/', '/models/portrait']) {
        assert.equal((await server.post(path, picture, { headers: { authorization } })).status, 200);
      }
    });
  }

  const wrong = [
    undefined,
    '',
    'Bearer',
    `Basic ${token}`,
    token,
    'Bearer hf_secret+/=',
    'Bearer hf_',
    `Bearer ${token}x`,
    'Bearer x y',
  ];
  for (const authorization of wrong) {
    test(`${authorization ?? 'no header'} is 401 on every address that does something`, async () => {
      for (const path of ['/', '/predict', '/models/portrait', '/models/no/body', '/hf-inference/models/portrait']) {
        const headers = authorization === undefined ? {} : { authorization };
        const reply = await server.post(path, picture, { headers });
        assert.deepEqual([reply.status, reply.body], [401, { error: 'Invalid credentials in Authorization header' }]);
        assert.equal(reply.headers['www-authenticate'], 'Bearer');
        assert.equal(reply.headers['content-type'], 'application/json');
      }
    });
  }

  test('is asked for a status too, and not for health', async () => {
    assert.equal((await server.ask('/status/portrait')).status, 401);
    assert.equal((await server.ask('/health')).status, 200);
  });

  test('is looked at before the body', async () => {
    const tight = await huggingfaceServer({ settings: { token }, listen: { bodyBytesMax: 1000 } });
    assert.equal((await tight.post('/', Buffer.alloc(999))).status, 401);
    assert.equal((await tight.post('/', '{"inputs":')).status, 401);
  });
});
