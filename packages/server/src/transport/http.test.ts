import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { get as secureGet } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import { Fault } from '../domain/fault.ts';
import { createHttpListener } from './http.ts';
import { answerFault, eventually, run } from './plainListener.test-support.ts';
import { RawClient } from './rawClient.test-support.ts';

/** A wire that knows nothing: it counts bytes, waits when told, and replies with much. */
async function plain(app: FastifyInstance): Promise<void> {
  app.post('/count', async (request) => ({ bytes: (request.body as Buffer | undefined)?.length ?? 0 }));
  app.get('/text', async () => ({ text: 'x'.repeat(5000) }));
  app.get('/short', async () => ({ text: 'x' }));
  app.get('/picture', async (_request, reply) => reply.type('image/png').send(Buffer.alloc(50_000)));
  app.get('/things/:name', async (request) => request.params);
  app.get('/alive', { config: { duringShutdown: true } }, async () => 'alive');
  app.get('/large', async (_request, reply) => reply.type('image/png').send(Buffer.alloc(64 * 1024 * 1024)));
}

const limits = { timeout: 20_000 };

describe('bodies', limits, () => {
  it('arrive whole, with and without Content-Length', async () => {
    const { url } = await run(plain);
    const known = await fetch(`${url}/count`, { method: 'POST', body: Buffer.alloc(60_000) });
    assert.deepEqual(await known.json(), { bytes: 60_000 });
    const body = new ReadableStream({
      start(controller) {
        for (let part = 0; part < 3; part++) controller.enqueue(new Uint8Array(10_000));
        controller.close();
      },
    });
    const chunked = await fetch(`${url}/count`, { method: 'POST', body, duplex: 'half' } as RequestInit);
    assert.deepEqual(await chunked.json(), { bytes: 30_000 });
  });

  it('of any content type reach the wire as bytes, even JSON that is none', async () => {
    const { url } = await run(plain);
    const reply = await fetch(`${url}/count`, {
      method: 'POST',
      body: '{"a":',
      headers: { 'content-type': 'application/json' },
    });
    assert.deepEqual(await reply.json(), { bytes: 5 });
  });

  it('above the limit by Content-Length are refused at once, and a client that keeps writing can read why', async () => {
    const { port } = await run(plain);
    const client = new RawClient(port);
    client.send('POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n');
    const writing = setInterval(() => client.send(Buffer.alloc(100_000)), 1);
    await client.until(/body_too_large/);
    clearInterval(writing);
    assert.match(client.text, /^HTTP\/1\.1 413 /);
    assert.match(client.text, /connection: close/i);
    assert.match(client.text, /at most 64 KiB but received 47\.7 MiB/);
    client.leave();
  });

  it('that are refused can be read about even by a client that reads only after writing much more', async () => {
    const { port } = await run(plain);
    const client = new RawClient(port);
    client.socket.pause();
    client.send('POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n');
    for (let part = 0; part < 20; part++) {
      client.send(Buffer.alloc(100_000));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    client.socket.resume();
    await client.until(/body_too_large/);
    client.leave();
  });

  it('above the limit without Content-Length are refused while they stream in', async () => {
    const { port } = await run(plain);
    const client = new RawClient(port);
    client.send('POST /count HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
    const chunk = Buffer.concat([Buffer.from('8000\r\n'), Buffer.alloc(0x8000), Buffer.from('\r\n')]);
    // The terminating chunk is never sent: a server that waited for it would hang here.
    for (let sent = 0; sent < 4; sent++) client.send(chunk);
    await client.until(/body_too_large/);
    assert.match(client.text, /^HTTP\/1\.1 413 [\s\S]*connection: close/i);
    client.leave();
  });

  it('that are refused end their connection after the linger time, whatever the client does', async () => {
    const { port } = await run(plain, { lingerMs: 100 });
    const client = new RawClient(port);
    client.send('POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n');
    const writing = setInterval(() => client.send(Buffer.alloc(1000)), 5);
    await client.rest();
    clearInterval(writing);
    assert.match(client.text, /body_too_large/);
  });

  it('wait for "100 Continue", which is not sent to a body that will be refused', async () => {
    const { port } = await run(plain);
    const welcome = new RawClient(port);
    welcome.send('POST /count HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
    await welcome.until(/^HTTP\/1\.1 100 Continue/);
    welcome.send('abc');
    await welcome.until(/"bytes":3/);
    welcome.leave();
    const refused = new RawClient(port);
    refused.send('POST /count HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n');
    assert.match(await refused.rest(), /^HTTP\/1\.1 413 /);
    // The body was never sent and never will be: what comes next on this connection could not be told apart from it.
    const elsewhere = new RawClient(port);
    elsewhere.send('PUT /count HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n');
    assert.match(await elsewhere.rest(), /^HTTP\/1\.1 405 [\s\S]*connection: close/i);
  });

  it('of all requests together stay within a bound; more is refused as overload', async () => {
    const listener = await run(plain, { bodiesBytesMax: 50_000 });
    const first = new RawClient(listener.port);
    first.send('POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n').send(Buffer.alloc(30_000));
    await eventually(() => listener.bodiesBytes() === 30_000, 'the first body is held');
    const second = await fetch(`${listener.url}/count`, { method: 'POST', body: Buffer.alloc(30_000) });
    assert.equal(second.status, 503);
    first.send(Buffer.alloc(10_000));
    await first.until(/"bytes":40000/);
    first.leave();
    await eventually(() => listener.bodiesBytes() === 0, 'everything is given back');
  });

  it('whose sender leaves halfway harm nobody and are let go of', async () => {
    const listener = await run(plain);
    for (let round = 0; round < 5; round++) {
      const client = new RawClient(listener.port);
      client.send('POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 40000\r\n\r\n').send(Buffer.alloc(20_000));
      await eventually(() => listener.bodiesBytes() === 20_000, 'half is held');
      client.leave();
      await eventually(() => listener.bodiesBytes() === 0, 'nothing is held');
    }
    assert.equal((await fetch(`${listener.url}/short`)).status, 200);
  });
});

describe('clients that are slow or silent', limits, () => {
  it('get 408 when their headers do not come in time', async () => {
    const { port } = await run(plain, { headersTimeoutMs: 150, requestTimeoutMs: 300 });
    const client = new RawClient(port);
    client.send('GET /short HTTP/1.1\r\nHost: x\r\n');
    const drip = setInterval(() => client.send('X-Slow: 1\r\n'), 30);
    const text = await client.rest();
    clearInterval(drip);
    assert.match(text, /^HTTP\/1\.1 408 [\s\S]*request_timeout/);
    assert.match(text, /x-request-id: [0-9a-f-]{36}/);
  });

  it('get 408 when their body does not come in time', async () => {
    const { port } = await run(plain, { headersTimeoutMs: 150, requestTimeoutMs: 300 });
    const client = new RawClient(port);
    client.send('POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n');
    const drip = setInterval(() => client.send('x'), 30);
    const text = await client.rest();
    clearInterval(drip);
    assert.match(text, /^HTTP\/1\.1 408 [\s\S]*request_timeout/);
  });

  it('are cut off when they take no byte of their reply', async () => {
    const listener = await run(plain, { replyTimeoutMs: 200 });
    const client = new RawClient(listener.port);
    client.socket.pause();
    client.send('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(() => listener.connections() === 1, 'the connection is open');
    await eventually(() => listener.connections() === 0, 'the connection is closed', 6000);
    client.leave();
  });

  it('lose an idle connection after the keep-alive time and not before a second request', async () => {
    const { port } = await run(plain, { keepAliveTimeoutMs: 300 });
    const client = new RawClient(port);
    client.send('GET /short HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.until(/"text":"x"/);
    client.send('GET /things/2 HTTP/1.1\r\nHost: x\r\n\r\n');
    await client.until(/"name":"2"/);
    await client.rest();
  });

  it('that have left take nothing with them: a closed half is a caller who is gone', async () => {
    const { port, url } = await run(plain);
    const client = new RawClient(port);
    client.send('POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc');
    client.socket.end();
    await client.rest();
    assert.equal((await fetch(`${url}/short`)).status, 200);
  });

  it('above the number of connections are dropped, and there is room again when one goes', async () => {
    const listener = await run(plain, { connectionsMax: 1 });
    const first = new RawClient(listener.port);
    first.send('GET /short HTTP/1.1\r\nHost: x\r\n\r\n');
    await first.until(/"text":"x"/);
    const second = new RawClient(listener.port);
    second.send('GET /short HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.equal(await second.rest(), '');
    first.leave();
    await eventually(() => listener.connections() === 0, 'the first is gone');
    const third = new RawClient(listener.port);
    third.send('GET /short HTTP/1.1\r\nHost: x\r\n\r\n');
    await third.until(/"text":"x"/);
    third.leave();
  });
});

describe('bytes that are no request', limits, () => {
  it('get 400 with a problem, and the server goes on', async () => {
    const { port, url } = await run(plain);
    for (const bytes of ['hello\r\n\r\n', '\x16\x03\x01\x02\x00', 'GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n']) {
      const client = new RawClient(port).send(Buffer.from(bytes, 'latin1'));
      assert.match(await client.rest(), /^HTTP\/1\.1 400 [\s\S]*invalid_request/);
    }
    assert.equal((await fetch(`${url}/short`)).status, 200);
  });

  it('with two lengths are refused, so that no second request can hide in the first', async () => {
    const { port } = await run(plain);
    const client = new RawClient(port);
    client.send('POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n');
    assert.match(await client.rest(), /^HTTP\/1\.1 400 /);
  });

  it('with 10,000 headers, or too many small ones, get 431', async () => {
    const { port } = await run(plain, { headersCountMax: 50 });
    const many = Array.from({ length: 10_000 }, (_, index) => `x-${index}: 1\r\n`).join('');
    const large = new RawClient(port).send(`GET /short HTTP/1.1\r\nHost: x\r\n${many}\r\n`);
    assert.match(await large.rest(), /^HTTP\/1\.1 431 [\s\S]*at most 50 headers of 16 KiB together/);
    const few = Array.from({ length: 60 }, (_, index) => `x-${index}: 1\r\n`).join('');
    const small = new RawClient(port).send(`GET /short HTTP/1.1\r\nHost: x\r\n${few}\r\n`);
    await small.until(/headers_too_large/);
    assert.match(small.text, /^HTTP\/1\.1 431 [\s\S]*at most 50 headers/);
    small.leave();
  });
});

describe('addresses and methods', limits, () => {
  it('that are unknown get 404 with the nearest known one', async () => {
    const { url } = await run(plain);
    const reply = await fetch(`${url}/thing/a`);
    assert.equal(reply.status, 404);
    assert.match(((await reply.json()) as { detail: string }).detail, /Did you mean \/things\/\{name\}\?/);
  });

  it('that are known but for the method get 405 with Allow, without waiting for the body', async () => {
    const { url, port } = await run(plain);
    const reply = await fetch(`${url}/things/a`, { method: 'DELETE' });
    assert.equal(reply.status, 405);
    assert.equal(reply.headers.get('allow'), 'GET, HEAD, OPTIONS');
    const client = new RawClient(port);
    client.send('PUT /count HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n');
    await client.until(/^HTTP\/1\.1 405 [\s\S]*allow: OPTIONS, POST/i);
    client.leave();
  });

  it('answer HEAD like GET without the body', async () => {
    const { url } = await run(plain);
    const [head, get] = [await fetch(`${url}/picture`, { method: 'HEAD' }), await fetch(`${url}/picture`)];
    assert.equal(head.status, 200);
    assert.equal(head.headers.get('content-length'), get.headers.get('content-length'));
    assert.equal((await head.arrayBuffer()).byteLength, 0);
    await get.arrayBuffer();
  });

  it('answer OPTIONS with 204 and Allow, and grant no other origin anything', async () => {
    const { url } = await run(plain);
    const headers = { origin: 'https://evil.example', 'access-control-request-method': 'POST' };
    const reply = await fetch(`${url}/count`, { method: 'OPTIONS', headers });
    assert.equal(reply.status, 204);
    assert.equal(reply.headers.get('allow'), 'OPTIONS, POST');
    assert.equal(reply.headers.get('access-control-allow-origin'), null);
    assert.equal((await fetch(`${url}/nowhere`, { method: 'OPTIONS' })).status, 404);
  });

  it('take a trailing slash', async () => {
    const { url } = await run(plain);
    assert.equal((await fetch(`${url}/things/a/`)).status, 200);
  });

  it('with a broken percent sign get 400 with a request id', async () => {
    const { url } = await run(plain);
    const reply = await fetch(`${url}/%zz`);
    assert.ok(reply.status >= 400);
    assert.ok(reply.headers.get('x-request-id'));
  });
});

describe('CORS', limits, () => {
  it('lets in the listed origins alone, preflight included', async () => {
    const { url } = await run(plain, { cors: { origins: ['https://good.example'] } });
    const preflight = (origin: string) =>
      fetch(`${url}/count`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    const good = await preflight('https://good.example');
    assert.equal(good.status, 204);
    assert.equal(good.headers.get('access-control-allow-origin'), 'https://good.example');
    assert.match(good.headers.get('access-control-allow-methods') ?? '', /POST/);
    const evil = await preflight('https://evil.example');
    assert.equal(evil.headers.get('access-control-allow-origin'), null);
    const refused = await fetch(`${url}/nowhere`, { headers: { origin: 'https://good.example' } });
    assert.equal(refused.status, 404);
    assert.match(refused.headers.get('vary') ?? '', /Origin/i);
  });
});

describe('every reply', limits, () => {
  it('carries the request id of the caller when it is sane, otherwise a new one', async () => {
    const { url } = await run(plain);
    const idOf = async (given: string) =>
      (await fetch(`${url}/short`, { headers: { 'x-request-id': given } })).headers.get('x-request-id');
    assert.equal(await idOf('abc-123_{}'), 'abc-123_{}');
    assert.match((await idOf('x'.repeat(129))) ?? '', /^[0-9a-f-]{36}$/);
    assert.match((await idOf('with space')) ?? '', /^[0-9a-f-]{36}$/);
    assert.ok((await fetch(`${url}/nowhere`)).headers.get('x-request-id'));
  });

  it('is compressed when it is text above 1 KiB, and never when it is a picture', async () => {
    const { url } = await run(plain);
    const encodingOf = async (path: string, accept: string) => {
      const reply = await fetch(url + path, { headers: { 'accept-encoding': accept } });
      await reply.arrayBuffer();
      return reply.headers.get('content-encoding');
    };
    assert.equal(await encodingOf('/text', 'gzip'), 'gzip');
    assert.equal(await encodingOf('/text', 'br, gzip'), 'br');
    assert.equal(await encodingOf('/text', 'identity'), null);
    assert.equal(await encodingOf('/short', 'gzip'), null);
    assert.equal(await encodingOf('/picture', 'gzip, br'), null);
  });
});

describe('closing', limits, () => {
  it('ends idle and fresh connections, finishes accepted requests and takes no new ones', async () => {
    const release = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const listener = await run(async (app) => {
      app.get('/wait', async () => {
        entered.resolve();
        await release.promise;
        return { done: true };
      });
      app.get('/alive', { config: { duringShutdown: true } }, async () => ({ alive: true }));
    });
    const fresh = new RawClient(listener.port);
    const halfway = new RawClient(listener.port).send('GET /wait HTT');
    const waiting = new RawClient(listener.port).send('GET /wait HTTP/1.1\r\nHost: x\r\n\r\n');
    await entered.promise;
    await eventually(() => listener.connections() === 3, 'all three are there');
    const closed = listener.close();
    await Promise.all([fresh.rest(), halfway.rest()]);
    await assert.rejects(fetch(`${listener.url}/alive`), 'a new connection is refused');
    release.resolve();
    const text = await waiting.rest();
    assert.match(text, /^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*"done":true/i);
    await closed;
    assert.equal(listener.connections(), 0);
  });

  it('refuses a request that comes on a connection still in use, but answers probes of the process', async () => {
    const listener = await run(async (app) => {
      app.get('/alive', { config: { duringShutdown: true } }, async () => ({ alive: true }));
      app.post('/count', async () => ({ late: true }));
    });
    // A body that is still arriving keeps each connection in use while the server begins to close.
    const early = 'GET /alive HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\n';
    const [upload, probe] = [new RawClient(listener.port).send(early), new RawClient(listener.port).send(early)];
    await Promise.all([upload.until(/"alive":true/), probe.until(/"alive":true/)]);
    const closed = listener.close({ graceMs: 2000 });
    upload.send('bodyPOST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
    probe.send('bodyGET /alive HTTP/1.1\r\nHost: x\r\n\r\n');
    assert.equal((await probe.rest()).match(/"alive":true/g)?.length, 2);
    const text = await upload.rest();
    assert.match(text, /HTTP\/1\.1 503 [\s\S]*connection: close[\s\S]*shutting_down/i);
    assert.doesNotMatch(text, /"late":true/);
    await closed;
  });

  it('cuts off what is not done after the time of grace', async () => {
    const entered = Promise.withResolvers<void>();
    const listener = await run(async (app) => {
      app.get('/never', () => {
        entered.resolve();
        return new Promise(() => {});
      });
    });
    const client = new RawClient(listener.port).send('GET /never HTTP/1.1\r\nHost: x\r\n\r\n');
    await entered.promise;
    await listener.close({ graceMs: 50 });
    assert.equal(await client.rest(), '');
  });
});

describe('starting', limits, () => {
  const options = {
    host: '127.0.0.1',
    bodyBytesMax: 1000,
    headersTimeoutMs: 1000,
    requestTimeoutMs: 1000,
    keepAliveTimeoutMs: 1000,
    connectionsMax: 10,
    cors: false,
    wires: [],
    answerFault,
  } as const;

  it('on a port that is taken fails with a fault that says so', async () => {
    const { port } = await run(plain);
    const second = await createHttpListener({ ...options, port });
    await assert.rejects(second.listen(), (error: Fault) => {
      assert.ok(error instanceof Fault);
      assert.equal(error.code, 'config_invalid');
      assert.match(error.message, new RegExp(`port ${port} of 127\\.0\\.0\\.1 is taken`));
      return true;
    });
  });

  it('with a certificate that cannot be read fails with the setting that names it', async () => {
    const tls = { cert: '/nowhere/cert.pem', key: '/nowhere/key.pem' };
    await assert.rejects(createHttpListener({ ...options, port: 0, tls }), /listen\.tls\.cert: \/nowhere\/cert\.pem/);
  });

  it('with a certificate serves HTTPS, and refuses a large body there just as readably', async (test) => {
    const folder = mkdtempSync(join(tmpdir(), 'segserve-tls-'));
    test.after(() => rmSync(folder, { recursive: true }));
    const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') };
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=x'];
    try {
      execFileSync('openssl', [...args, '-keyout', tls.key, '-out', tls.cert, '-days', '1'], { stdio: 'ignore' });
    } catch {
      return test.skip('openssl is not on this machine');
    }
    const listener = await run(plain, { tls });
    assert.match(listener.url, /^https:/);
    const status = await new Promise((resolve, reject) => {
      secureGet(`${listener.url}/short`, { rejectUnauthorized: false, agent: false }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      }).on('error', reject);
    });
    assert.equal(status, 200);
  });
});
