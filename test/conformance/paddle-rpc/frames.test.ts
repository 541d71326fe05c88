import assert from 'node:assert/strict';
import net from 'node:net';
import { describe, it } from 'node:test';
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { prpcCall, prpcFrame } from '../../support/prpcClient.ts';
import { decode, encode, exampleMessage, fullName, openPaddleRpc } from './callers.ts';
import { numbersOf } from './tensorEngine.ts';

const place = await openPaddleRpc({ port: 9393 });
const call = { serviceName: fullName, methodName: 'inference' };
const message = encode(exampleMessage);

async function one(meta: Parameters<typeof prpcFrame>[0], ...payload: Uint8Array[]) {
  const [answer] = await prpcCall(place.port, [prpcFrame(meta, ...payload)]);
  return answer!;
}

describe('paddle-rpc: baidu_std frames', () => {
  it('are answered with gzip and their own correlation id', async () => {
    for (const correlationId of [1n, 2n ** 62n, -5n]) {
      const { meta, payload } = await one({ request: call, correlationId }, message);
      assert.equal(meta.correlationId, correlationId);
      assert.equal(meta.compressType, 2);
      assert.equal(meta.response?.errorCode, 0);
      assert.equal(meta.response?.errorText, '');
      const reply = decode(gunzipSync(payload));
      assert.deepEqual(reply.outputs[0]!.tensor[0]!.floatData, [1.5]);
      assert.equal(reply.outputs[0]!.engineName, 'GeneralInferOp_0');
    }
    assert.deepEqual(numbersOf(place.engine.sent), [0.5, 0.25]);
  });

  it('may be called by the short name, and debug too', async () => {
    for (const request of [
      { ...call, serviceName: 'GeneralModelService' },
      { ...call, methodName: 'debug' },
    ]) {
      const { meta } = await one({ request }, message);
      assert.equal(meta.response?.errorCode, 0, meta.response?.errorText);
    }
  });

  for (const [compressType, pack] of [
    [0, (bytes: Uint8Array) => bytes],
    [2, gzipSync],
    [3, deflateSync],
  ] as const) {
    it(`may be compressed as compress_type ${compressType} says`, async () => {
      const { meta, payload } = await one({ request: call, compressType }, pack(message));
      assert.equal(meta.response?.errorCode, 0, meta.response?.errorText);
      assert.deepEqual(decode(gunzipSync(payload)).outputs[0]!.tensor[0]!.floatData, [1.5]);
    });
  }

  it('may carry an attachment, which is no part of the message', async () => {
    const { meta } = await one({ request: call, attachmentSize: 5 }, message, Buffer.alloc(5, 0xff));
    assert.equal(meta.response?.errorCode, 0, meta.response?.errorText);
    assert.deepEqual(numbersOf(place.engine.sent), [0.5, 0.25]);
  });

  it('hand on the time-out as deadline, and the request id or the log id', async () => {
    await one({ request: { ...call, timeoutMs: 750, logId: 42n } }, message);
    const { deadlineMs, requestId } = place.engine.requests.at(-1)!;
    assert.deepEqual([deadlineMs, requestId], [750, '42']);
    await one({ request: { ...call, requestId: 'abc-1', logId: 42n } }, message);
    assert.deepEqual(place.engine.requests.at(-1)!.requestId, 'abc-1');
    assert.equal(place.engine.requests.at(-1)!.deadlineMs, undefined);
  });

  it('of one connection are answered as they are ready', async () => {
    const secondAnswered = Promise.withResolvers<void>();
    place.engine.before = async ({ requestId }) => {
      if (requestId === '1') await secondAnswered.promise;
    };
    try {
      const frames = [1n, 2n].map((id) => prpcFrame({ request: { ...call, logId: id }, correlationId: id }, message));
      const answers = await prpcCall(place.port, frames, () => secondAnswered.resolve());
      assert.deepEqual(
        answers.map(({ meta }) => meta.correlationId),
        [2n, 1n],
      );
    } finally {
      place.engine.before = undefined;
    }
  });
});

describe('paddle-rpc: baidu_std errors', () => {
  const rows: [string, Parameters<typeof prpcFrame>[0], Uint8Array, number, RegExp][] = [
    ['no service', { request: { ...call, serviceName: 'Nope' } }, message, 1001, /Fail to find service=Nope$/],
    [
      'no such full name',
      { request: { ...call, serviceName: 'a.b.Nope' } },
      message,
      1002,
      /Fail to find method=a\.b\.Nope\/inference$/,
    ],
    [
      'no method',
      { request: { ...call, methodName: 'nope' } },
      message,
      1002,
      /Fail to find method=baidu\..*GeneralModelService\/nope$/,
    ],
    ['no request meta', { correlationId: 7n }, message, 1001, /Fail to find service=$/],
    [
      'snappy',
      { request: call, compressType: 1 },
      message,
      1003,
      /Fail to parse request message, CompressType=snappy, request_size=\d+: .*none, gzip or zlib/,
    ],
    ['lz4', { request: call, compressType: 4 }, message, 1003, /CompressType=lz4/],
    ['an unknown compression', { request: call, compressType: 99 }, message, 1003, /CompressType=99/],
    ['gzip that is none', { request: call, compressType: 2 }, message, 1003, /CompressType=gzip, request_size=/],
    [
      'a message that is none',
      { request: call },
      Buffer.from('nonsense'),
      1003,
      /Fail to parse request message, CompressType=none, request_size=8: /,
    ],
    [
      'an attachment longer than the payload',
      { request: call, attachmentSize: 10_000 },
      message,
      1003,
      /attachment_size=10000 is larger than request_size=/,
    ],
    ['a negative attachment', { request: call, attachmentSize: -1 }, message, 1003, /attachment_size=-1/],
    [
      'no tensors',
      { request: call },
      Buffer.alloc(0),
      -5100,
      /InferService inference failed! Expected at least one tensor/,
    ],
  ];
  for (const [title, meta, payload, code, text] of rows) {
    it(`answer ${title} with ${code}`, async () => {
      const answer = await one(meta, payload);
      assert.equal(answer.meta.response?.errorCode, code);
      assert.match(answer.meta.response!.errorText, text);
      assert.ok(
        answer.meta.response!.errorText.startsWith(`[0.0.0.0:9393][E${code}]`),
        answer.meta.response!.errorText,
      );
      assert.equal(answer.payload.length, 0);
      assert.equal(answer.meta.compressType, 0);
    });
  }

  it('answer a meta that is none, and go on', async () => {
    const frames = [
      prpcFrame(Buffer.from([0xff, 0xff]), message),
      prpcFrame({ request: call, correlationId: 3n }, message),
    ];
    const answers = await prpcCall(place.port, frames);
    const byCode = new Map(answers.map(({ meta }) => [meta.response?.errorCode, meta]));
    assert.match(byCode.get(1003)!.response!.errorText, /Fail to parse RpcMeta/);
    assert.equal(byCode.get(0)!.correlationId, 3n);
  });

  it('refuse what unpacks to more than the limit', async () => {
    const small = await openPaddleRpc({ bodyBytesMax: 10_000 });
    const bomb = gzipSync(Buffer.alloc(1_000_000));
    const [answer] = await prpcCall(small.port, [prpcFrame({ request: call, compressType: 2 }, bomb)]);
    assert.equal(answer!.meta.response?.errorCode, 1003);
    assert.match(answer!.meta.response!.errorText, /at most/);
  });

  for (const [title, header] of [
    ['a meta longer than its frame', [0, 0, 0, 4, 0, 0, 0, 9]],
    ['a frame above the limit', [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1]],
  ] as const) {
    it(`end the connection after ${title}`, async () => {
      const socket = net.connect(place.port, '127.0.0.1');
      socket.write(Buffer.concat([Buffer.from('PRPC'), Buffer.from(header)]));
      const received: Buffer[] = [];
      const timer = setTimeout(() => socket.destroy(new Error('still open after 5 s')), 5000);
      try {
        for await (const chunk of socket) received.push(chunk as Buffer);
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ECONNRESET');
      } finally {
        clearTimeout(timer);
      }
      assert.equal(Buffer.concat(received).length, 0);
    });
  }
});
