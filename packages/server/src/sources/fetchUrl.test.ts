import assert from 'node:assert/strict';
import http from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Resolve } from './checkedAddresses.ts';
import { type FetchSettings, fetchUrl } from './fetchUrl.ts';

const settings: FetchSettings = {
  urlHosts: [],
  urlNetworks: ['127.0.0.1/32'],
  urlTimeoutMs: 5000,
  bytesMax: 10_000,
};
const picture = Buffer.alloc(5000, 'picture');
const fault = (code: string, message: RegExp) => ({ name: 'Fault', code, message });
const forbidden = fault('source_forbidden', /public addresses/);

/** Names that a test needs; every other is unknown. A name with several addresses moves from one to the next. */
function names(table: Readonly<Record<string, readonly string[]>>): Resolve & { readonly asked: string[] } {
  const asked: string[] = [];
  const resolve = async (host: string) => {
    const answers = table[host];
    if (answers === undefined) throw Object.assign(new Error('unknown'), { code: 'ENOTFOUND' });
    const turn = asked.filter((name) => name === host).length;
    asked.push(host);
    return [{ address: answers[Math.min(turn, answers.length - 1)]!, family: 4 }];
  };
  return Object.assign(resolve, { asked });
}

const fetched = (url: string, changes: Partial<FetchSettings> = {}, resolve: Resolve = names({})) =>
  fetchUrl(url, { ...settings, ...changes }, resolve);

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An HTTP server on 127.0.0.1, and what it was asked. */
async function webServer(handler: http.RequestListener) {
  const asked: http.IncomingMessage[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request);
    handler(request, response);
  });
  const host = await listening(server);
  after(() => server.closeAllConnections());
  return { host, port: host.split(':')[1]!, url: `http://${host}/photo.png`, asked };
}

const answering = () => webServer((_request, response) => response.end(picture));

/** Ends once the connection of the first request is closed. */
function hangUp() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, watch: (response: http.ServerResponse) => response.on('close', resolve) };
}

describe('a URL that is fetched', () => {
  it('tells the host nothing that it need not know', async () => {
    const { url, host, asked } = await answering();
    assert.deepEqual(await fetched(`${url}?a=b#c`), picture);
    assert.equal(asked[0]!.url, '/photo.png?a=b');
    const { accept, connection, ...headers } = asked[0]!.headers;
    assert.deepEqual(headers, { host, 'accept-encoding': 'identity', 'user-agent': 'segserve' });
  });

  it('is refused when its address is inside, however that is written', async () => {
    const { port, asked } = await answering();
    const resolve = names({ 'inside.example': ['127.0.0.1'] });
    const numbers = ['127.0.0.1', '127.1', '2130706433', '0x7f.1', '0177.0.0.1', '[::1]', '[::ffff:127.0.0.1]'];
    const words = ['inside.example', 'INSIDE.example', '0.0.0.0', '169.254.169.254', '①②⑦.0.0.1', 'localhost'];
    for (const host of [...numbers, ...words]) {
      await assert.rejects(fetched(`http://${host}:${port}/`, { urlNetworks: [] }, resolve), forbidden, host);
    }
    assert.deepEqual(asked, []);
  });

  it('is refused in the same words whether a port inside is open or closed, or the name unknown', async () => {
    const { port } = await answering();
    const resolve = names({ 'inside.example': ['10.0.0.1'] });
    const urls = [`http://127.0.0.1:${port}/`, 'http://127.0.0.1:1/', 'http://inside.example/', 'http://no.example/'];
    const told = urls.map((url) => fetched(url, { urlNetworks: [] }, resolve).catch((error: Error) => error.message));
    assert.equal(new Set(await Promise.all(told)).size, 1);
  });

  it('says what is wrong with another scheme, credentials, or what is no URL', async () => {
    for (const url of ['file:///etc/passwd', 'ftp://a.example/', 'data:image/png;base64,AAAA']) {
      await assert.rejects(fetched(url), fault('source_forbidden', /an http or https URL/), url);
    }
    for (const url of ['http://user:pass@a.example/', 'http://user@a.example/', 'http://:pass@a.example/']) {
      await assert.rejects(fetched(url), fault('source_forbidden', /without a user name/), url);
    }
    for (const url of ['', 'photo.png', '//a.example/', 'http://', 'http://a b/']) {
      await assert.rejects(fetched(url), fault('invalid_request', /an http or https URL/), url);
    }
    const long = `http://a.example/${'x'.repeat(3000)}`;
    await assert.rejects(fetched(long), fault('invalid_request', /at most 2048 characters but received 3017/));
  });

  it('is of a host that the operator has listed, itself or by what it is below', async () => {
    const { port } = await answering();
    const hosts = ['one.example', 'one.example.', 'a.two.example', 'b.a.two.example'];
    const others = ['two.example', 'a.one.example', 'atwo.example', 'one.example.org'];
    const resolve = names(Object.fromEntries([...hosts, ...others].map((host) => [host, ['127.0.0.1']])));
    const urlHosts = ['One.example', '*.two.example'];
    for (const host of hosts) await fetched(`http://${host}:${port}/`, { urlHosts }, resolve);
    for (const host of others) {
      const refused = fetched(`http://${host}:${port}/`, { urlHosts }, resolve);
      await assert.rejects(refused, fault('source_forbidden', /not one of those/), host);
    }
  });

  it('is given up when the caller leaves, and the host is hung up on', async () => {
    const { promise, watch } = hangUp();
    const caller = new AbortController();
    const { url } = await webServer((_request, response) => {
      watch(response).write('x');
      caller.abort();
    });
    await assert.rejects(fetchUrl(url, settings, names({}), caller.signal), fault('cancelled', /caller left/));
    await promise;
  });

  it('is taken up to the limit of bytes, and a host that sends more, or something else, is hung up on', {
    timeout: 10_000,
  }, async () => {
    const exact = await webServer((_request, response) => response.end(Buffer.alloc(10_000)));
    assert.equal((await fetched(exact.url)).length, 10_000);
    const cases: [status: number, headers: http.OutgoingHttpHeaders, message: RegExp][] = [
      [200, {}, /at most 10000 bytes/],
      [200, { 'content-length': 10_001 }, /at most 10000 bytes/],
      [404, {}, /status 404/],
      [200, { 'content-encoding': 'gzip' }, /without Content-Encoding/],
    ];
    for (const [status, headers, message] of cases) {
      const { promise, watch } = hangUp();
      const { url } = await webServer(async (_request, response) => {
        watch(response).writeHead(status, headers).flushHeaders();
        if (headers['content-length'] !== undefined) return;
        while (!response.destroyed) {
          response.write(Buffer.alloc(100));
          await new Promise((resolve) => setTimeout(resolve, 2));
        }
      });
      await assert.rejects(fetched(url, { urlTimeoutMs: 60_000 }), fault('source_unavailable', message));
      await promise;
    }
  });

  it('is refused with another status than 200, compressed, cut short, or with huge headers', async () => {
    const cases: [handler: http.RequestListener, message: RegExp][] = [
      [(_, reply) => reply.setHeader('content-encoding', 'gzip').end(gzipSync(picture)), /without Content-Encoding/],
      [(_, reply) => reply.writeHead(304).end(), /status 304/],
      [(_, reply) => reply.writeHead(302).end(), /status 302/],
      [(_, reply) => reply.writeHead(206).end(picture), /status 206/],
      [(_, reply) => reply.writeHead(204).end(), /status 204/],
      [(_, reply) => reply.writeHead(200, { 'x-big': 'x'.repeat(40_000) }).end(), /gave no whole answer/],
      [
        (_, reply) => {
          reply.writeHead(200, { 'content-length': 5000 }).write('short');
          setTimeout(() => reply.destroy(), 20);
        },
        /gave no whole answer/,
      ],
    ];
    for (const [handler, message] of cases) {
      const { url } = await webServer(handler);
      await assert.rejects(fetched(url), fault('source_unavailable', message));
    }
  });

  it('is said to give no answer, and no more, where nothing listens or no HTTP is spoken', async () => {
    const closed = createServer();
    const host = await listening(closed);
    await new Promise((resolve) => closed.close(resolve));
    const noHttp = await listening(createServer((socket) => socket.end('SSH-2.0-secret\r\n')));
    for (const url of [`http://${host}/`, `http://${noHttp}/`, `https://${noHttp}/`]) {
      await assert.rejects(fetched(url), fault('source_unavailable', /^The host of the URL gave no whole answer\.$/));
    }
  });
});

describe('a redirect', () => {
  /** Sends `/3` to `/2` to `/1` to the picture; `/to?…` to whatever stands there. */
  const redirecting = () =>
    webServer((request, response) => {
      const { pathname, search } = new URL(request.url ?? '/', 'http://a.example');
      const count = Number(pathname.slice(1));
      if (pathname === '/to') response.writeHead(302, { location: decodeURIComponent(search.slice(1)) }).end('ignored');
      else if (count > 0) response.writeHead([301, 302, 303, 307, 308][count]!, { location: `/${count - 1}` }).end();
      else response.end(picture);
    });

  it('is followed three times and not four', async () => {
    const { host, asked } = await redirecting();
    assert.deepEqual(await fetched(`http://${host}/3`), picture);
    assert.equal(asked.length, 4);
    await assert.rejects(fetched(`http://${host}/4`), fault('source_unavailable', /at most 3 redirects/));
    assert.equal(asked.length, 8);
  });

  it('is checked like the URL itself: addresses, scheme, credentials, host', async () => {
    const { port, asked } = await redirecting();
    const resolve = names({ 'a.example': ['127.0.0.1'], 'inside.example': ['10.0.0.1'] });
    const urlHosts = ['a.example', '127.0.0.2', 'inside.example'];
    const targets: [target: string, message: RegExp][] = [
      [`http://127.0.0.2:${port}/0`, /public addresses/],
      ['http://inside.example/', /public addresses/],
      ['file:///etc/passwd', /an http or https URL/],
      [`http://user:pass@a.example:${port}/0`, /user name/],
      [`http://127.0.0.1:${port}/0`, /not one of those/],
    ];
    for (const [target, message] of targets) {
      const url = `http://a.example:${port}/to?${encodeURIComponent(target)}`;
      await assert.rejects(fetched(url, { urlHosts }, resolve), fault('source_forbidden', message), target);
    }
    assert.equal(asked.length, targets.length);
  });

  it('is looked up anew, so that a name that has moved inside is refused', async () => {
    const { port, asked } = await redirecting();
    const resolve = names({ 'moving.example': ['127.0.0.1', '10.0.0.1'] });
    await assert.rejects(fetched(`http://moving.example:${port}/1`, {}, resolve), forbidden);
    assert.equal(asked.length, 1);
    assert.deepEqual(resolve.asked, ['moving.example', 'moving.example']);
  });
});
