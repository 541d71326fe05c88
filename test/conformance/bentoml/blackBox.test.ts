import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bundleServer, formOf, text } from './bundleServer.ts';

/** What the public repository's own integration project asks of a running server, request by request. */
const server = await bundleServer({
  version: '0.13',
  cors: { enabled: true },
  apis: [
    { name: 'predict_image', input: 'ImageInput', payload: 'shape' },
    { name: 'predict_file', payload: 'echo' },
    {
      name: 'predict_multi_images',
      input: 'MultiImageInput',
      inputNames: ['original', 'compared'],
      payload: 'same',
    },
    { name: 'predict_json', input: 'JsonInput' },
    { name: 'echo_json', input: 'JsonInput' },
    { name: 'predict_strict_json', input: 'StrictJsonInput' },
  ],
});
const json = { 'content-type': 'application/json' };

describe('The black-box requests of the reference', () => {
  it('/predict_image gives the shape of the array, raw and as a part', async () => {
    server.engine.instead = async (request) => ({ ...server.engine.answer(request), width: 10, height: 10 });
    assert.equal(text(await server.call('/predict_image', 'png')), '[10, 10, 3]');
    const { body, headers } = formOf([{ field: 'image', fileName: 'test.png', bytes: 'png' }]);
    assert.equal(text(await server.call('/predict_image', body, headers)), '[10, 10, 3]');
    server.engine.instead = undefined;
    assert.equal(text(await server.call('/predict_image', 'png')), '[2, 3, 3]');
  });

  it('/predict_file gives bytes back, raw and as a part', async () => {
    const bytes = Buffer.from('81308939', 'hex');
    assert.equal(text(await server.call('/predict_file', bytes)), '{"b64": "gTCJOQ=="}');
    const { body, headers } = formOf([{ field: 'file', fileName: 'file', bytes }]);
    assert.equal(text(await server.call('/predict_file', body, headers)), '{"b64": "gTCJOQ=="}');
  });

  it('/predict_multi_images compares two', async () => {
    const form = (other: string) =>
      formOf([
        { field: 'original', fileName: 'a.jpg', bytes: 'one' },
        { field: 'compared', fileName: 'b.jpg', bytes: other },
      ]);
    const same = form('one');
    assert.equal(text(await server.call('/predict_multi_images', same.body, same.headers)), 'true');
    const different = form('two');
    assert.equal(text(await server.call('/predict_multi_images', different.body, different.headers)), 'false');
  });

  it('/predict_json and /echo_json give JSON back, literally', async () => {
    for (let index = 0; index < 5; index++) {
      const said = `{"in": ${index}}`;
      assert.equal(text(await server.call('/predict_json', said, json)), said);
    }
    for (const said of ['"你好"', '[1, 2]', '{"name": "测试", "value": [null, 1.5]}']) {
      assert.equal(text(await server.call('/echo_json', said, json)), said);
    }
  });

  it('/predict_strict_json wants the Content-Type', async () => {
    const good = await server.call('/predict_strict_json', '{"in": 1}', json);
    assert.deepEqual([good.status, text(good)], [200, '{"in": 1}']);
    assert.equal((await server.call('/predict_strict_json', '{"in": 1}')).status, 400);
  });

  it('the addresses of the server answer', async () => {
    for (const path of ['/', '/healthz', '/docs.json']) assert.equal((await server.get(path)).status, 200);
    const metrics = text(await server.get('/metrics'));
    for (const name of [
      '_mb_request_duration_seconds_count',
      '_mb_request_total',
      '_request_duration_seconds_bucket',
    ]) {
      assert.ok(metrics.includes(name), name);
    }
  });

  it('a page of another origin may read the reply', async () => {
    const { headers } = await server.call('/echo_json', '"x"', { ...json, origin: 'http://page.example' });
    assert.ok(['*', 'http://page.example'].includes(String(headers['access-control-allow-origin'])));
    assert.match(String(headers['access-control-expose-headers']), /Content-Length/);
  });
});
