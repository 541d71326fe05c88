import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formOf, openRembg, picture } from './rembgServer.ts';

const origin = 'https://pages.example';

describe('Web pages of other origins', () => {
  it('may read replies and refusals', async () => {
    const place = await openRembg();
    const replies = [
      await place.post([picture], '/api/remove', { origin }),
      await place.post([], '/api/remove', { origin }),
      await place.ask('/nope', { headers: { origin } }),
    ];
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 422, 404],
    );
    for (const { headers } of replies) {
      assert.equal(headers['access-control-allow-origin'], '*');
      assert.equal(headers['access-control-allow-credentials'], undefined);
    }
    assert.equal((await place.post([picture])).headers['access-control-allow-origin'], undefined);
  });

  it('get an answer to their preflight', async () => {
    const place = await openRembg();
    const asked = { 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-a, x-b' };
    for (const target of ['/api/remove', '/']) {
      const { status, headers, bytes } = await place.ask(target, { method: 'OPTIONS', headers: { origin, ...asked } });
      assert.deepEqual([status, String(bytes)], [200, 'OK']);
      assert.equal(headers['access-control-allow-origin'], '*');
      assert.equal(headers['access-control-allow-methods'], 'GET, POST');
      assert.equal(headers['access-control-allow-headers'], 'x-a, x-b');
      assert.equal(headers['access-control-max-age'], '600');
    }
  });

  it('get none to OPTIONS that is no preflight', async () => {
    const place = await openRembg();
    for (const headers of [{ origin }, { 'access-control-request-method': 'POST' }]) {
      assert.equal((await place.ask('/api/remove', { method: 'OPTIONS', headers })).status, 405);
    }
  });

  it('are kept out where the operator says so', async () => {
    const place = await openRembg({ cors: false });
    const asked = { origin, 'access-control-request-method': 'POST' };
    for (const reply of [
      await place.ask('/api/remove', formOf([picture], { origin })),
      await place.ask('/api/remove', formOf([], { origin })),
      await place.ask('/api/remove', { method: 'OPTIONS', headers: asked }),
    ]) {
      assert.equal(reply.headers['access-control-allow-origin'], undefined);
    }
  });
});

describe('The documents', () => {
  it('a page without scripts under /api and /', async () => {
    const place = await openRembg({ models: { 'my-own': 'portrait' } });
    for (const target of ['/api', '/']) {
      const { status, headers, bytes } = await place.ask(target);
      assert.equal(status, 200);
      assert.equal(headers['content-type'], 'text/html; charset=utf-8');
      assert.match(String(headers['content-security-policy']), /default-src 'none'/);
      assert.match(String(bytes), /<option selected>u2net<\/option>/);
      assert.match(String(bytes), /my-own/);
      assert.doesNotMatch(String(bytes), /<script/);
    }
  });

  it('an OpenAPI document that names every parameter', async () => {
    const place = await openRembg();
    const { headers, bytes } = await place.ask('/openapi.json');
    assert.equal(headers['content-type'], 'application/json');
    const document = JSON.parse(String(bytes));
    assert.equal(document.openapi, '3.1.0');
    const { get, post } = document.paths['/api/remove'];
    const names = ['model', 'a', 'af', 'ab', 'ae', 'om', 'ppm', 'dc', 'vm', 'bgc', 'extras'];
    assert.deepEqual(
      get.parameters.map(({ name }: { name: string }) => name),
      ['url', ...names],
    );
    const form = post.requestBody.content['multipart/form-data'].schema.properties;
    assert.deepEqual(Object.keys(form), ['file', ...names]);
    assert.equal(form.model.default, 'u2net');
  });
});
