import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { after, describe, it } from 'node:test';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { FastifyInstance } from 'fastify';
import { Fault } from '../domain/fault.ts';
import { type FramedWire, GrpcError, type GrpcService, grpcStatus, type Wire } from '../domain/wire.ts';
import { createHttpListener, type HttpListenerOptions } from './http.ts';
import { answerFault, eventually, run } from './plainListener.test-support.ts';
import { RawClient } from './rawClient.test-support.ts';

const limits = { timeout: 20_000 };

async function plain(app: FastifyInstance): Promise<void> {
  app.post('/count', async (request) => ({ bytes: (request.body as Buffer | undefined)?.length ?? 0 }));
}

let gone = 0;
const echo: GrpcService = {
  name: 'test.Echo',
  methods: {
    Say: { kind: 'unary', handle: async (message) => message },
    Deadline: {
      kind: 'unary',
      handle: async (_message, call) => Buffer.from(`${call.deadlineMs} ${call.metadata('x-word')}`),
    },
    Refuse: {
      kind: 'unary',
      handle: async () => {
        throw new GrpcError(grpcStatus.notFound, 'No such thing.');
      },
    },
    Break: {
      kind: 'unary',
      handle: async () => {
        throw new TypeError('a secret of the server');
      },
    },
    Wait: {
      kind: 'unary',
      handle: (_message, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            gone += 1;
            reject(new GrpcError(grpcStatus.cancelled, 'gone'));
          });
        }),
    },
    Chat: {
      kind: 'stream',
      async *handle(messages) {
        for await (const message of messages) {
          if (message.length === 0) throw new GrpcError(grpcStatus.invalidArgument, 'empty');
          yield Buffer.concat([message, message]);
        }
      },
    },
  },
};

/** "FRM" and one byte that says how many bytes follow; "?" as the first of them is never answered. */
const frames: FramedWire = {
  magic: 'FRM',
  headerBytes: 4,
  frameBytes(header, frameBytesMax) {
    const bytes = 4 + header[3]!;
    if (Buffer.from(header).toString('latin1', 0, 3) !== 'FRM' || bytes > frameBytesMax) {
      throw new Fault('invalid_request', 'No frame.');
    }
    return bytes;
  },
  async handle(frame) {
    return frame[4] === 0x3f ? undefined : Buffer.concat([Buffer.from('>'), frame.subarray(4)]);
  },
};

const all: Wire = { name: 'all', http: { routes: plain, answerFault }, grpc: [echo], framed: frames };

const shared = (options: Partial<HttpListenerOptions> = {}) => run(plain, { wires: [all], ...options });

const clients: Client[] = [];
const sockets: Socket[] = [];
after(() => {
  for (const client of clients) client.close();
  for (const socket of sockets) socket.destroy();
});

const asIs = (bytes: Buffer) => bytes;

function grpcClient(port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
  });
  clients.push(client);
  return client;
}

function call(client: Client, method: string, message: Buffer, deadlineMs = 5000, metadata = new Metadata()) {
  return new Promise<Buffer>((resolve, reject) => {
    const done = (error: ServiceError | null, reply?: Buffer) => (error ? reject(error) : resolve(reply!));
    const deadline = Date.now() + deadlineMs;
    client.makeUnaryRequest(`/test.Echo/${method}`, asIs, asIs, message, metadata, { deadline }, done);
  });
}

/** Sends bytes on a connection of its own and gives what comes back until nothing more is awaited. */
async function exchange(port: number, parts: readonly (string | Buffer)[], until: RegExp): Promise<string> {
  const client = new RawClient(port);
  sockets.push(client.socket);
  for (const part of parts) {
    client.send(part);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  return client.until(until);
}

describe('a port that several protocols share', limits, () => {
  it('tells HTTP/1.1, gRPC and framed connections apart, all at the same time', async () => {
    const { port, url } = await shared();
    const client = grpcClient(port);
    const [reply, said, framed] = await Promise.all([
      fetch(`${url}/count`, { method: 'POST', body: Buffer.alloc(60_000) }).then((response) => response.json()),
      call(client, 'Say', Buffer.from('hello')),
      exchange(port, ['FRM\x03abc'], />abc/),
    ]);
    assert.deepEqual(reply, { bytes: 60_000 });
    assert.equal(said.toString(), 'hello');
    assert.equal(framed, '>abc');
  });

  it('waits for enough bytes to know, however slowly they come', async () => {
    const { port } = await shared();
    const http = 'POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc';
    assert.match(await exchange(port, ['P', 'O', http.slice(2)], /"bytes":3/), /^HTTP\/1\.1 200/);
    assert.equal(await exchange(port, ['F', 'R', 'M', '\x02', 'x', 'y'], />xy/), '>xy');
  });

  it('keeps HTTP bodies whole that are larger than one read', async () => {
    const { url } = await shared({ bodyBytesMax: 32 * 1024 * 1024 });
    for (const size of [1, 70_000, 20_000_000]) {
      const reply = await fetch(`${url}/count`, { method: 'POST', body: randomBytes(size) });
      assert.deepEqual(await reply.json(), { bytes: size });
    }
  });

  it('drops a connection that says nothing in time', async () => {
    const { port } = await shared({ headersTimeoutMs: 100, requestTimeoutMs: 100 });
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.resume().on('error', () => {});
    let closed = false;
    socket.on('close', () => {
      closed = true;
    });
    await eventually(() => closed, 'the silent connection is closed');
  });

  it('refuses two wires that could not be told apart', async () => {
    await assert.rejects(shared({ wires: [all, { name: 'again', framed: frames }] }), /begin their connections/);
  });

  it('refuses two wires that answer the same address, and names both address and wire', async () => {
    const http = { routes: plain, answerFault };
    const wires = [
      { name: 'first', http },
      { name: 'second', http },
    ];
    await assert.rejects(shared({ wires }), (error: Fault) => {
      assert.equal(error.code, 'config_invalid');
      assert.match(error.message, /both answer POST \/count; the second is second\./);
      return true;
    });
  });

  it('says what it speaks to a browser that calls a gRPC port', async () => {
    const { url } = await run(plain, { wires: [{ name: 'grpc', grpc: [echo] }] });
    const reply = await fetch(`${url}/anything`);
    assert.equal(reply.status, 404);
    assert.match(await reply.text(), /expected gRPC over HTTP\/2/);
  });
});

describe('gRPC', limits, () => {
  it('carries messages up to the limit of a body and refuses longer ones', async () => {
    const { port } = await shared({ bodyBytesMax: 8 * 1024 * 1024 });
    const client = grpcClient(port);
    const large = randomBytes(8_000_000);
    assert.ok((await call(client, 'Say', large)).equals(large));
    await assert.rejects(call(client, 'Say', Buffer.alloc(9_000_000)), { code: grpcStatus.resourceExhausted });
  });

  it('counts messages among the bodies held at once', async () => {
    const { port } = await shared({ bodyBytesMax: 100_000, bodiesBytesMax: 50_000 });
    await assert.rejects(call(grpcClient(port), 'Say', Buffer.alloc(60_000)), {
      code: grpcStatus.resourceExhausted,
      details: /fill their/,
    });
  });

  it('hands on deadline and metadata, and gives back the status of the wire', async () => {
    const { port } = await shared();
    const client = grpcClient(port);
    const metadata = new Metadata();
    metadata.set('x-word', 'word');
    const [, left, word] = /^([\d.]+) (\w+)$/.exec(
      String(await call(client, 'Deadline', Buffer.alloc(1), 3000, metadata)),
    )!;
    assert.ok(Number(left) > 1000 && Number(left) <= 3000, left);
    assert.equal(word, 'word');
    await assert.rejects(call(client, 'Refuse', Buffer.alloc(1)), {
      code: grpcStatus.notFound,
      details: 'No such thing.',
    });
  });

  it('tells nothing of a defect', async () => {
    const { port } = await shared();
    await assert.rejects(call(grpcClient(port), 'Break', Buffer.alloc(1)), (error: ServiceError) => {
      assert.equal(error.code, grpcStatus.internal);
      assert.doesNotMatch(error.details, /secret/);
      return true;
    });
  });

  it('aborts the signal when the caller’s deadline passes', async () => {
    const { port } = await shared();
    const before = gone;
    await assert.rejects(call(grpcClient(port), 'Wait', Buffer.alloc(1), 100), { code: grpcStatus.deadlineExceeded });
    await eventually(() => gone === before + 1, 'the handler heard of it');
  });

  it('streams both ways and ends with the error of the wire', async () => {
    const { port } = await shared();
    const stream = grpcClient(port).makeBidiStreamRequest('/test.Echo/Chat', asIs, asIs, {
      deadline: Date.now() + 5000,
    });
    const replies: string[] = [];
    stream.on('data', (reply: Buffer) => replies.push(reply.toString()));
    const ended = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
    stream.write(Buffer.from('a'));
    await eventually(() => replies.length === 1, 'the first reply came before the second message');
    stream.write(Buffer.from('bc'));
    stream.write(Buffer.alloc(0));
    assert.equal((await ended).code, grpcStatus.invalidArgument);
    assert.deepEqual(replies, ['aa', 'bcbc']);
  });

  it('takes no new call while it closes, and lets one under way see its end', async () => {
    const listener = await shared();
    const waiting = call(grpcClient(listener.port), 'Wait', Buffer.alloc(1), 300);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const closed = listener.close({ graceMs: 2000 });
    await assert.rejects(waiting);
    await closed;
  });
});

describe('framed connections', limits, () => {
  it('answer frames that come in pieces and several at once', async () => {
    const { port } = await shared();
    assert.equal(await exchange(port, ['FRM\x01aFRM\x02', 'bcFRM', '\x01d'], />a>bc>d/), '>a>bc>d');
  });

  it('may leave a frame without an answer', async () => {
    const { port } = await shared();
    assert.equal(await exchange(port, ['FRM\x01?FRM\x01b'], />b/), '>b');
  });

  it('are ended at the first bytes that are no frame', async () => {
    const { port } = await shared();
    const client = new RawClient(port).send('FRM\x01aGET');
    client.send(Buffer.alloc(8));
    assert.equal(await client.rest(), '>a');
  });

  it('end at once when the listener closes', async () => {
    const listener = await shared();
    const client = new RawClient(listener.port).send('FRM\x01a');
    await client.until(/>a/);
    await listener.close({ graceMs: 5000 });
    assert.equal(await client.rest(), '>a');
  });
});

describe('a bare wire', limits, () => {
  const bare: Wire = {
    name: 'bare',
    http: {
      bare: true,
      bodyOnGet: true,
      answerFault: () => ({ status: 200, headers: {}, body: 'no such thing' }),
      routes: async (app) => {
        app.route({
          method: app.supportedMethods,
          url: '/any',
          handler: async (request, reply) =>
            reply.send(`${request.method} ${(request.body as Buffer | undefined) ?? ''}`),
        });
        app.get('/typed', async (_request, reply) => reply.type('application/json').send('{}'));
      },
    },
  };

  it('sends no header that it has not set, for replies and for unknown addresses', async () => {
    const { port } = await run(plain, { wires: [bare] });
    for (const path of ['/any', '/nothing']) {
      const text = await exchange(
        port,
        [`GET ${path} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n`],
        /\r\n\r\n./,
      );
      const [head = ''] = text.split('\r\n\r\n');
      const names = head
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(':')[0]!.toLowerCase());
      assert.deepEqual(names.toSorted(), ['connection', 'content-length'], path);
    }
    const typed = await exchange(port, ['GET /typed HTTP/1.1\r\nHost: x\r\n\r\n'], /\{\}/);
    assert.match(typed, /content-type: application\/json/i);
  });

  it('takes every verb, and a body with GET', async () => {
    const { port } = await run(plain, { wires: [bare] });
    for (const method of ['GET', 'POST', 'PUT', 'DELETE', 'PATCH']) {
      const text = await exchange(
        port,
        [`${method} /any HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody`],
        /body/,
      );
      assert.match(text, new RegExp(`${method} body$`));
    }
  });

  it('shares a port with another wire, which keeps its own headers', async () => {
    const { url } = await run(plain, {
      wires: [{ name: 'plain', http: { routes: plain, answerFault } }, bare],
    });
    const counted = await fetch(`${url}/count`, { method: 'POST', body: 'abc' });
    assert.ok(counted.headers.get('x-request-id'));
    const any = await fetch(`${url}/any`);
    assert.equal(any.headers.get('x-request-id'), null);
    assert.equal((await fetch(`${url}/nothing`)).status, 404, 'the first wire answers for what is nobody’s');
  });
});

it('a listener without wires that speak something else listens itself', async () => {
  const listener = await createHttpListener({
    host: '127.0.0.1',
    port: 0,
    bodyBytesMax: 1000,
    headersTimeoutMs: 1000,
    requestTimeoutMs: 1000,
    keepAliveTimeoutMs: 1000,
    connectionsMax: 10,
    cors: false,
    wires: [{ name: 'plain', http: { routes: plain, answerFault } }],
  });
  const { url } = await listener.listen();
  assert.equal((await fetch(`${url}/count`, { method: 'POST', body: 'abc' })).status, 200);
  await listener.close({ graceMs: 0 });
});
