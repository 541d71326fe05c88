import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { faultCodeList, ModelDetailSchema, ModelListSchema, SegmentJsonSchema } from '@segserve/contract';
import type { FastifyInstance } from 'fastify';
import { type NativeServer, nativeServer, postPhoto } from './nativeServer.test-support.ts';
import { openApiDocument } from './openapi.ts';

const limits = { timeout: 20_000 };

describe('models', limits, () => {
  let server: NativeServer;
  before(async () => {
    server = await nativeServer();
  });

  it('are listed and described', async () => {
    const list = await fetch(`${server.url}/v1/models`);
    const { models } = ModelListSchema.parse(await list.json());
    assert.deepEqual(
      models.map(({ name }) => name),
      ['portrait', 'scene'],
    );
    const one = await fetch(`${server.url}/v1/models/scene:1/`);
    assert.equal(ModelDetailSchema.parse(await one.json()).name, 'scene');
    assert.equal(one.headers.get('x-segserve-model'), 'scene:1');
    assert.match(one.headers.get('server-timing') ?? '', /total;dur=/);
  });

  it('that are unknown get 404', async () => {
    assert.equal((await fetch(`${server.url}/v1/models/scene:9`)).status, 404);
  });
});

describe('probes', limits, () => {
  it('tell alive always, and ready or why not', async () => {
    const { engine, url } = await nativeServer();
    assert.equal((await fetch(`${url}/readyz`)).status, 200);
    engine.reasonNotReady = 'The model portrait:1 is loading.';
    const reply = await fetch(`${url}/readyz`);
    assert.equal(reply.status, 503);
    assert.match(await reply.text(), /portrait:1 is loading/);
    assert.equal((await fetch(`${url}/livez`)).status, 200);
  });

  it('have /metrics where there are any, and 404 where not', async () => {
    const text = async () => ({ contentType: 'text/plain', text: 'a 1\n' });
    const { url } = await nativeServer({}, { metrics: text });
    assert.equal(await (await fetch(`${url}/metrics`)).text(), 'a 1\n');
    const bare = await nativeServer();
    assert.equal((await fetch(`${bare.url}/metrics`)).status, 404);
  });
});

describe('every GET address', limits, () => {
  it('answers HEAD with the same status and type, and no other verb but with Allow', async () => {
    const { url } = await nativeServer();
    const paths = ['/', '/v1/models', '/v1/models/scene', '/livez', '/readyz', '/openapi.json', '/docs', '/errors'];
    for (const path of paths) {
      const [get, head] = [await fetch(url + path), await fetch(url + path, { method: 'HEAD' })];
      assert.deepEqual([head.status, head.headers.get('content-type')], [200, get.headers.get('content-type')], path);
      const put = await fetch(url + path, { method: 'PUT' });
      assert.deepEqual([put.status, put.headers.get('allow')], [405, 'GET, HEAD, OPTIONS'], path);
      const options = await fetch(url + path, { method: 'OPTIONS' });
      assert.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD, OPTIONS'], path);
      await get.arrayBuffer();
    }
  });
});

describe('pages', limits, () => {
  let server: NativeServer;
  before(async () => {
    server = await nativeServer();
  });

  it('greet a browser with HTML and a program with JSON', async () => {
    const page = await fetch(server.url, { headers: { accept: 'text/html,*/*;q=0.8' } });
    assert.match(page.headers.get('content-type') ?? '', /text\/html/);
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.match(await page.text(), /href="\/docs"/);
    const json = (await (await fetch(server.url)).json()) as { version: string; example: string };
    assert.equal(json.version, '1.2.3');
    assert.match(json.example, new RegExp(`${server.url}/v1/models/portrait/segment`));
  });

  it('explain every error code at the address that its problem names', async () => {
    for (const code of faultCodeList) {
      const reply = await fetch(`${server.url}/errors/${code}`);
      assert.equal(reply.status, 200, code);
      assert.match(await reply.text(), new RegExp(`<code>${code}</code>`));
    }
    const all = await (await fetch(`${server.url}/errors`)).text();
    for (const code of faultCodeList) assert.match(all, new RegExp(`id="${code}"`));
    const wrong = await fetch(`${server.url}/errors/overload`);
    assert.match(await wrong.text(), /Did you mean \/errors\/overloaded\?/);
  });

  it('show the documentation from this server alone', async () => {
    for (const path of ['/docs', '/docs/']) {
      const page = await fetch(server.url + path);
      assert.equal(page.status, 200);
      const policy = page.headers.get('content-security-policy') ?? '';
      assert.match(policy, /script-src 'self'/);
      assert.doesNotMatch(policy, /https?:|upgrade-insecure-requests/);
      const html = await page.text();
      const assets = [...html.matchAll(/(?:href|src)="([^"]+)"/g)].map((match) => match[1]!);
      assert.ok(assets.length >= 5);
      for (const asset of assets) {
        const reply = await fetch(new URL(asset, server.url + path));
        assert.equal(reply.status, 200, asset);
        assert.ok((await reply.arrayBuffer()).byteLength > 0);
      }
    }
    const shown = await (await fetch(`${server.url}/docs/json`)).json();
    assert.deepEqual(shown, await (await fetch(`${server.url}/openapi.json`)).json());
  });
});

describe('the OpenAPI document', limits, () => {
  const document = JSON.parse(JSON.stringify(openApiDocument('1.2.3')));

  it('resolves every reference in itself', () => {
    const refs = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map((match) => match[1]!);
    assert.ok(refs.length > 20);
    for (const ref of refs) {
      const found = ref
        .split('/')
        .reduce((node: Record<string, unknown> | undefined, key) => node?.[key] as never, document);
      assert.ok(found, ref);
    }
  });

  it('describes exactly the addresses that exist, the docs page aside', async () => {
    const routes = new Set<string>();
    const spy = async (app: FastifyInstance) => {
      app.addHook('onRoute', ({ url, method }) => {
        for (const one of [method].flat()) if (one !== 'HEAD') routes.add(`${one} ${url.replace(/:(\w+)/g, '{$1}')}`);
      });
      const { nativeWire } = await import('./routes.ts');
      const { FakeEngine } = await import('./fakeEngine.test-support.ts');
      const metrics = async () => ({ contentType: 'text/plain', text: '' });
      await app.register(nativeWire({ engine: new FakeEngine(), version: '1', metrics }).http!.routes);
    };
    await nativeServer({
      wires: [{ name: 'spy', http: { routes: spy, answerFault: () => ({ status: 500, headers: {}, body: '' }) } }],
    });
    const real = [...routes].filter((route) => !/ \/(docs.*)?$/.test(route)).toSorted();
    const described = Object.entries(document.paths as Record<string, object>).flatMap(([path, item]) =>
      Object.keys(item)
        .filter((key) => key !== 'parameters')
        .map((method) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(described.toSorted(), real);
  });

  it('takes its parameters and its JSON body from the schemas that validate', () => {
    const { parameters, requestBody } = document.paths['/v1/models/{model}/segment'].post;
    const names = parameters.map(({ name }: { name: string }) => name);
    const { images, trimap, backgroundImage, ...inQuery } = SegmentJsonSchema.shape; // pictures have no place in an address
    assert.deepEqual(names.toSorted(), Object.keys(inQuery).toSorted());
    assert.deepEqual(
      [images, trimap, backgroundImage].filter((one) => one === undefined),
      [],
    );
    assert.deepEqual(Object.keys(requestBody.content), ['image/*', 'multipart/form-data', 'application/json']);
    assert.equal(document.components.schemas.SegmentJson.additionalProperties, false);
  });

  it('lists for segment every status that a fault of it can have', () => {
    const { responses } = document.paths['/v1/models/{model}/segment'].post;
    const statuses = ['200', '400', '403', '404', '406', '408', '413', '415', '422', '431', '500', '502', '503', '504'];
    assert.deepEqual(Object.keys(responses).toSorted(), statuses);
  });
});

describe('a page of another origin', limits, () => {
  it('can have nothing done unless its origin is named, whatever kind of body it sends', async () => {
    const { segmentUrl, engine, url } = await nativeServer();
    for (const origin of ['https://evil.example', 'null', 'http://localhost:1']) {
      const reply = await postPhoto(segmentUrl, { origin });
      assert.equal(reply.status, 403);
      assert.equal(((await reply.json()) as { code: string }).code, 'forbidden_origin');
      assert.equal(reply.headers.get('access-control-allow-origin'), null);
    }
    assert.equal(engine.requests.length, 0);
    assert.equal((await postPhoto(segmentUrl, { origin: url })).status, 200); // a page of the server itself
    assert.equal((await postPhoto(segmentUrl)).status, 200); // a program
  });

  it('is let in only where it is listed, and may then read why it was refused', async () => {
    const { segmentUrl } = await nativeServer({ cors: { origins: ['https://good.example'] } });
    const reply = await postPhoto(`${segmentUrl}?answer=mask`, { origin: 'https://good.example' });
    assert.equal(reply.status, 400);
    assert.equal(reply.headers.get('access-control-allow-origin'), 'https://good.example');
    assert.match(reply.headers.get('access-control-expose-headers') ?? '', /X-Segserve-Model/);
  });
});
