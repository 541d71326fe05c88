import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { describe, it } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { hubServer, photo, predict } from './hubServer.ts';

const server = await hubServer();

describe('/', () => {
  for (const method of ['GET', 'POST']) {
    it(`answers ${method} with two lines, the second in English`, async () => {
      const reply = await fetch(server.url, { method });
      assert.deepEqual([reply.status, reply.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
      assert.equal(
        await reply.text(),
        '暂不提供可视化界面，请直接使用脚本进行请求。<br/>No visual interface is provided for the time being, ' +
          'please use the python script to make a request directly.',
      );
    });
  }
});

describe('What is not served', () => {
  const page = (status: number, title: string) =>
    new RegExp(`^<!DOCTYPE HTML .*\\n<title>${status} ${title}</title>\\n<h1>${title}</h1>\\n<p>[^\\n]+</p>\\n$`);

  for (const path of ['/nothing', '/predict', '/predict/humanseg_server/more', '/gradio/humanseg_server']) {
    it(`${path} is a page of status 404`, async () => {
      const reply = await fetch(server.url + path);
      assert.deepEqual([reply.status, reply.headers.get('content-type')], [404, 'text/html; charset=utf-8']);
      assert.match(await reply.text(), page(404, 'Not Found'));
    });
  }

  for (const [method, path, allow] of [
    ['GET', '/predict/humanseg_server', 'OPTIONS, POST'],
    ['PUT', '/predict/humanseg_server', 'OPTIONS, POST'],
    ['DELETE', '/', 'GET, HEAD, OPTIONS, POST'],
  ] as const) {
    it(`${method} ${path} is a page of status 405 that allows ${allow}`, async () => {
      const reply = await fetch(server.url + path, { method });
      assert.deepEqual([reply.status, reply.headers.get('allow')], [405, allow]);
      assert.match(await reply.text(), page(405, 'Method Not Allowed'));
    });
  }

  it('shows nothing of the address as markup', async () => {
    // By hand: fetch would write the brackets as %3C and %3E.
    const request = get({ port: server.port, host: '127.0.0.1', path: '/<script>alert(1)</script>' });
    const [reply] = (await once(request, 'response')) as [IncomingMessage];
    const page = (await reply.toArray()).join('');
    assert.equal(reply.statusCode, 404);
    assert.match(page, /&#60;script&#62;alert/);
    assert.ok(!page.includes('<script>'), page);
  });

  it('is a page of status 413 where the body is too large', async () => {
    const small = await hubServer({ listen: { bodyBytesMax: 1000 } });
    const reply = await predict(small, { images: ['A'.repeat(2000)] });
    assert.equal(reply.http, 413);
    assert.match(reply.text, page(413, 'Request Entity Too Large'));
  });
});

describe('A caller who leaves', () => {
  it('frees its place in the engine', { timeout: 10_000 }, async () => {
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    const waiting = await hubServer({
      onSegment: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            left.resolve();
            reject(new Fault('cancelled', 'The caller left.'));
          });
          asked.resolve();
        }),
    });
    const controller = new AbortController();
    const reply = fetch(`${waiting.url}/predict/humanseg_server`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ images: [await photo()] }),
      signal: controller.signal,
    });
    await asked.promise;
    controller.abort();
    await assert.rejects(reply);
    await left.promise;
  });
});
