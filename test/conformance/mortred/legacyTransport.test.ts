import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, test } from 'node:test';
import { ask } from '../../support/ask.ts';
import { base64, bisenetv2, envelopeOf, goodBody, mortredServer, post } from './mortredServer.ts';

for (const profile of ['a', 'b'] as const) {
  const server = await mortredServer({ profile });
  describe(`mortred ${profile}: HTTP`, () => {
    test('a reply has Content-Length and Connection and no other header', async () => {
      for (const body of [goodBody, '', '{']) {
        const reply = await post(server, bisenetv2, body);
        assert.equal(reply.status, 200);
        assert.deepEqual(Object.keys(reply.headers).toSorted(), ['connection', 'content-length']);
      }
    });

    test('a connection is kept for the next request', async () => {
      const replies = await twoOnOneConnection(server.port);
      assert.equal(replies.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
      assert.match(replies, /^connection: keep-alive\r$/im);
      assert.doesNotMatch(replies, /^(keep-alive|date|x-.*|server):/im);
    });

    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND', 'MKCOL', 'OPTIONS']) {
      test(`${method} is as good as any other verb`, async () => {
        const envelope = envelopeOf(await post(server, bisenetv2, goodBody, { method }));
        assert.deepEqual([envelope.code, envelope.req_id], [0, 'abc123']);
      });
    }

    test('HEAD is answered without a body', async () => {
      const reply = await ask(`${server.url}${bisenetv2}`, { method: 'HEAD' });
      assert.deepEqual([reply.status, reply.bytes.length], [200, 0]);
    });

    for (const method of ['GET', 'POST']) {
      test(`${method} /welcome and /hello_world are pages`, async () => {
        const welcome = await ask(`${server.url}/welcome`, { method });
        const hello = await ask(`${server.url}/hello_world`, { method });
        assert.equal(String(welcome.bytes), '<html>Welcome to jinq ai server</html>');
        assert.equal(String(hello.bytes), '<html>Hello World !!!</html>');
        assert.deepEqual([welcome.status, hello.status, welcome.headers['content-type']], [200, 200, undefined]);
      });
    }

    const others = [
      '/',
      '/nothing',
      '/welcome?x=1',
      '/welcome/',
      '//welcome',
      '/Welcome',
      '/%77elcome',
      `${bisenetv2}?`,
      `${bisenetv2}?x=1`,
      `${bisenetv2}/`,
      `/${bisenetv2}`,
      bisenetv2.replace('bise', '%62ise'),
      bisenetv2.toUpperCase(),
      '/mortred_ai_server_v1/sam/amg',
      '/%',
    ];
    for (const target of others) {
      test(`${target} is another target: the page 404 Not Found, with 200`, async () => {
        const asked = server.engine.requests.length;
        const reply = await rawPost(server.port, target);
        assert.match(reply, /^HTTP\/1\.1 200 OK\r\n/);
        assert.match(reply, /\r\n\r\n<html>404 Not Found<\/html>$/);
        assert.doesNotMatch(reply, /content-type/i);
        assert.equal(server.engine.requests.length, asked, 'the engine was not asked');
      });
    }

    test('a body in chunks is read like any other', async () => {
      const envelope = envelopeOf(await post(server, bisenetv2, goodBody, { chunked: true }));
      assert.equal(envelope.code, 0);
    });

    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json', 'no type at all', '']) {
      test(`Content-Type "${type}" makes no difference`, async () => {
        const reply = await post(server, bisenetv2, goodBody, { headers: { 'content-type': type } });
        assert.equal(envelopeOf(reply).code, 0);
      });
    }

    test('a reply is compact and its keys stand in the order of the original', async () => {
      const text = String((await post(server, bisenetv2)).bytes);
      assert.match(text, /^\{"req_id":"abc123","code":0,"msg":"success","data":\{"segment_result":"[A-Za-z0-9+/]+=*"/);
      assert.doesNotMatch(text, /\s/);
    });

    test('a reply is never compressed', async () => {
      const reply = await post(server, bisenetv2, goodBody, { headers: { 'accept-encoding': 'gzip, br' } });
      assert.equal(reply.headers['content-encoding'], undefined);
    });

    test('what the listener itself refuses is an envelope too', async () => {
      const small = await mortredServer({ profile }, { bodyBytesMax: 1000 });
      const reply = await post(small, bisenetv2, { img_data: base64.padEnd(2000, 'A'), req_id: 'x' });
      assert.deepEqual([reply.status, envelopeOf(reply).code, envelopeOf(reply).req_id], [200, 3, '']);
    });
  });
}

/** Everything that comes back until the server ends the connection. */
function exchange(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.setTimeout(5000, () => socket.destroy(new Error('no end within 5 s')));
  });
}

/** By hand: clients tidy up what they are given. */
function rawPost(port: number, target: string): Promise<string> {
  const head = `POST ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${goodBody.length}\r\n\r\n`;
  return exchange(port, head + goodBody);
}

function twoOnOneConnection(port: number): Promise<string> {
  const get = (close: string) => `GET /welcome HTTP/1.1\r\nHost: x\r\n${close}\r\n`;
  return exchange(port, get('') + get('Connection: close\r\n'));
}
