import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bundleServer } from './bundleServer.ts';

const uuid4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('The headers of inference replies', () => {
  it('0.9: one request_id for each API, fixed at start', async () => {
    const server = await bundleServer({ apis: [{ name: 'predict' }, { name: 'again' }] });
    const replies = [await server.call('/predict'), await server.call('/predict'), await server.call('/again')];
    const [first, second, other] = replies.map(({ headers }) => String(headers.request_id));
    assert.match(first!, uuid4);
    assert.equal(second, first);
    assert.notEqual(other, first);
    assert.equal(replies[0]!.headers['x-request-id'], undefined);
    const refused = await server.call('/predict', '');
    assert.deepEqual([refused.status, refused.headers.request_id], [400, first]);
  });

  it('0.13: an X-Request-Id for each request, which the engine is told too', async () => {
    const server = await bundleServer({ version: '0.13' });
    const headers = { 'x-request-id': 'mine' };
    const replies = [await server.call('/predict', 'a', headers), await server.call('/predict', 'b', headers)];
    const [first, second] = replies.map(({ headers }) => String(headers['x-request-id']));
    assert.match(first!, uuid4);
    assert.notEqual(second, first);
    assert.equal(server.engine.requests[0]!.requestId, first);
    assert.equal(replies[0]!.headers.request_id, undefined);
  });

  it('are these and no others', async () => {
    const old = await (await bundleServer()).call('/predict');
    assert.deepEqual(Object.keys(old.headers).sort(), ['connection', 'content-length', 'content-type', 'request_id']);
    assert.equal(old.headers['content-type'], 'application/json');
    assert.equal(old.headers['content-length'], String(old.bytes.length));
    const late = await (await bundleServer({ version: '0.13' })).call('/predict');
    assert.deepEqual(Object.keys(late.headers).sort(), [
      'connection',
      'content-length',
      'content-type',
      'x-request-id',
    ]);
  });

  it("carry the API's own cors where its output has one", async () => {
    const server = await bundleServer({ apis: [{ name: 'predict', cors: '*' }] });
    assert.equal((await server.call('/predict')).headers['access-control-allow-origin'], '*');
    assert.equal((await server.call('/predict', '')).headers['access-control-allow-origin'], '*');
  });
});

describe('bento_server.cors', () => {
  const origin = { origin: 'http://page.example' };

  it('is closed unless enabled', async () => {
    const server = await bundleServer({ version: '0.13' });
    assert.equal((await server.call('/predict', 'a', origin)).headers['access-control-allow-origin'], undefined);
  });

  it('opens replies and errors to pages and lets them read Content-Length', async () => {
    const server = await bundleServer({ version: '0.13', cors: { enabled: true } });
    for (const reply of [
      await server.call('/predict', 'a', origin),
      await server.call('/predict', '', origin),
      await server.get('/healthz', { headers: origin }),
      await server.get('/nowhere', { headers: origin }),
    ]) {
      assert.equal(reply.headers['access-control-allow-origin'], '*');
      assert.match(String(reply.headers['access-control-expose-headers']), /Content-Length/);
    }
    assert.equal((await server.call('/predict')).headers['access-control-allow-origin'], undefined);
  });

  it('answers preflights', async () => {
    const server = await bundleServer({
      version: '0.13',
      cors: { enabled: true, allowOrigin: 'http://page.example', maxAgeSeconds: 60, allowCredentials: true },
    });
    const asks = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-tag' };
    const preflight = { method: 'OPTIONS', headers: { ...origin, ...asks } };
    const { status, headers } = await server.get('/predict', preflight);
    assert.equal(status, 200);
    assert.equal(headers['access-control-allow-origin'], 'http://page.example');
    assert.equal(headers['access-control-allow-credentials'], 'true');
    assert.match(String(headers['access-control-allow-methods']), /POST/);
    assert.equal(headers['access-control-allow-headers'], 'x-tag');
    assert.equal(headers['access-control-max-age'], '60');
    const other = await server.call('/predict', 'a', { origin: 'http://other.example' });
    assert.equal(other.headers['access-control-allow-origin'], undefined);
  });
});
