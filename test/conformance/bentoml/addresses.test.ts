import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ask } from '../../support/ask.ts';
import { bundleServer, classMapText, text } from './bundleServer.ts';

const html = 'text/html; charset=utf-8';
const old = await bundleServer();
const late = await bundleServer({
  version: '0.13',
  service: 'Pets',
  serviceVersion: '20201009125205_5509D4',
  apis: [{ name: 'predict', route: 'v1/pets', model: 'animals' }, { name: 'masks' }],
});

for (const [profile, server, assets] of [
  ['0.9', old, '/swagger_static'],
  ['0.13', late, '/static_content'],
] as const) {
  describe(`The addresses of a bundle of ${profile}`, () => {
    it('GET / and GET /docs show the API as a page that loads only what is served here', async () => {
      for (const path of ['/', '/docs']) {
        const reply = await server.get(path);
        assert.equal(reply.status, 200);
        assert.equal(reply.headers['content-type'], html);
        const links = [...text(reply).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
        const files = links.filter((link) => !link.startsWith('data:'));
        assert.ok(files.length >= 3 && files.every((file) => file.startsWith(`${assets}/`)), files.join(' '));
        for (const file of files) assert.equal((await server.get(file)).status, 200, file);
      }
      assert.equal((await server.get(`${assets}/index.html`)).status, 404);
      assert.equal((await server.get(`${assets}/..%2f..%2fpackage.json`)).status, 404);
    });

    it('GET /docs.json is JSON', async () => {
      const reply = await server.get('/docs.json');
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['content-type'], 'application/json');
      assert.equal(JSON.parse(text(reply)).openapi, '3.0.0');
    });

    it('GET /healthz is one line feed of plain text', async () => {
      const reply = await server.get('/healthz');
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['content-type'], 'text/plain');
      assert.equal(text(reply), '\n');
    });

    it('GET /metrics is called HTML, as Flask calls it', async () => {
      const reply = await server.get('/metrics');
      assert.equal(reply.status, 200);
      assert.equal(reply.headers['content-type'], html);
      assert.match(text(reply), /^# HELP BENTOML_/);
    });

    it('POST /feedback takes a JSON object with request_id and nothing else', async () => {
      const good = await server.call('/feedback', '{"request_id": "1", "truth": "cat"}');
      assert.deepEqual([good.status, text(good), good.headers['content-type']], [200, 'success', html]);
      for (const [body, says] of [
        ['{', 'Failed parsing feedback JSON data'],
        ['3', 'Failed parsing feedback JSON data'],
        ['', 'Failed parsing feedback JSON data'],
        ['{"truth": "cat"}', 'Missing &#39;request_id&#39; in feedback JSON data'],
      ] as const) {
        const bad = await server.call('/feedback', body);
        assert.equal(bad.status, 400);
        assert.equal(bad.headers['content-type'], html);
        assert.match(text(bad), /<title>400 Bad Request<\/title>/);
        assert.ok(text(bad).includes(says), text(bad));
      }
      assert.equal((await server.call('/feedback', ' '.repeat(70_000))).status, 413);
    });

    it('An unknown address is 404 and a wrong method 405 with Allow, both as pages', async () => {
      const none = await server.get('/nowhere');
      assert.deepEqual([none.status, none.headers['content-type']], [404, html]);
      assert.match(text(none), /<title>404 Not Found<\/title>/);
      const wrong = [
        ['/healthz', 'POST', 'GET, HEAD, OPTIONS'],
        ['/docs.json', 'DELETE', 'GET, HEAD, OPTIONS'],
        ['/feedback', 'GET', 'OPTIONS, POST'],
        [server === old ? '/predict' : '/v1/pets', 'GET', 'OPTIONS, POST'],
        [server === old ? '/predict' : '/masks', 'PUT', 'OPTIONS, POST'],
      ] as const;
      for (const [path, method, allow] of wrong) {
        const reply = await ask(`${server.url}${path}`, { method });
        assert.equal(reply.status, 405, path);
        assert.equal(reply.headers.allow, allow);
        assert.match(text(reply), /<title>405 Method Not Allowed<\/title>/);
      }
    });

    it('HEAD and OPTIONS are answered wherever GET or POST is', async () => {
      const head = await server.get('/healthz', { method: 'HEAD' });
      assert.deepEqual([head.status, text(head)], [200, '']);
      const options = await server.get('/feedback', { method: 'OPTIONS' });
      assert.deepEqual([options.status, options.headers.allow], [200, 'OPTIONS, POST']);
    });
  });
}

describe('What differs between 0.9 and 0.13', () => {
  it('/metadata exists from 0.10 on and is JSON inside a JSON text', async () => {
    assert.equal((await old.get('/metadata')).status, 404);
    const reply = await late.get('/metadata');
    assert.equal(reply.headers['content-type'], 'application/json');
    const inner = JSON.parse(text(reply));
    assert.equal(typeof inner, 'string');
    const { name, version, createdAt, apis } = JSON.parse(inner);
    assert.deepEqual([name, version, createdAt], ['Pets', '20201009125205_5509D4', '2020-10-09T12:52:05Z']);
    assert.deepEqual(
      apis.map((api: { name: string; route: string }) => [api.name, api.route]),
      [
        ['predict', 'v1/pets'],
        ['masks', 'masks'],
      ],
    );
  });

  it('an API answers at its route, which is its name when it has none', async () => {
    assert.equal(text(await late.call('/v1/pets')), '"cat"');
    assert.equal(text(await late.call('/masks')), classMapText);
    assert.equal((await late.call('/predict')).status, 404);
    assert.equal(text(await old.call('/predict')), classMapText);
  });

  it('0.13 can be without its page, which leaves /docs.json', async () => {
    const bare = await bundleServer({ version: '0.13', enableSwagger: false });
    for (const path of ['/', '/docs']) {
      const reply = await bare.get(path);
      assert.deepEqual([reply.status, text(reply)], [404, 'Swagger is disabled']);
    }
    assert.equal((await bare.get('/docs.json')).status, 200);
  });

  it('0.9 cannot', async () => {
    await assert.rejects(bundleServer({ enableSwagger: false }), { code: 'config_invalid' });
  });
});

describe('What can be switched off', () => {
  it('/metrics and /feedback disappear, also from /docs.json', async () => {
    const bare = await bundleServer({ enableMetrics: false, enableFeedback: false });
    assert.equal((await bare.get('/metrics')).status, 404);
    assert.equal((await bare.call('/feedback', '{"request_id": 1}')).status, 404);
    const { paths } = JSON.parse(text(await bare.get('/docs.json')));
    assert.deepEqual(Object.keys(paths), ['/healthz', '/predict']);
  });
});

describe('A bundle that contradicts itself', () => {
  for (const [title, settings] of [
    ['no API', { apis: [] }],
    [
      'two APIs at one address',
      {
        apis: [
          { name: 'a', route: 'x' },
          { name: 'b', route: '/x' },
        ],
      },
    ],
    ['an API at an address of the server', { apis: [{ name: 'healthz' }] }],
    ['a route with a pattern in it', { apis: [{ name: 'a', route: ':all' }] }],
    ['named parts for one file', { apis: [{ name: 'a', inputNames: ['x'] }] }],
    ['no named parts for several files', { apis: [{ name: 'a', input: 'MultiFileInput' }] }],
    ['a mask made of JSON', { apis: [{ name: 'a', input: 'JsonInput', payload: 'classMap' }] }],
    ['a service whose name cannot stand in a metric', { service: 'my service' }],
  ] as const) {
    it(`is refused at start: ${title}`, async () => {
      await assert.rejects(bundleServer(settings), { code: 'config_invalid' });
    });
  }
});
