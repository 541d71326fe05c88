import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ask } from '../../support/ask.ts';
import {
  askGrpc,
  askJson,
  askProto,
  decode,
  encode,
  example,
  exampleMessage,
  fullName,
  openPaddleRpc,
  proto,
} from './callers.ts';
import { floats, numbersOf } from './tensorEngine.ts';

const place = await openPaddleRpc();

describe('paddle-rpc: the example of the documentation', () => {
  it('is answered in JSON with fields in the order of their numbers, zeros and empties left out', async () => {
    const reply = await askJson(place, example);
    assert.equal(reply.status, 200);
    assert.match(
      reply.bytes.toString(),
      /^\{"outputs":\[\{"tensor":\[\{"float_data":\[1\.5\],"elem_type":1,"shape":\[1,1\],"name":"y","alias_name":"y"\}\],"engine_name":"GeneralInferOp_0"\}\],"profile_time":\[\d{16},\d{16}\]\}$/,
    );
    const { model, outputs } = place.engine.requests.at(-1)!;
    assert.equal(model, 'portrait');
    assert.deepEqual(outputs, ['y']);
    assert.deepEqual(
      [place.engine.sent.name, place.engine.sent.type, place.engine.sent.dims],
      ['x', 'float32', [1, 2]],
    );
    assert.deepEqual(numbersOf(place.engine.sent), [0.5, 0.25]);
  });

  it('is answered alike as protobuf over HTTP, and over gRPC', async () => {
    const overHttp = await askProto(place, exampleMessage);
    const overGrpc = decode(await askGrpc(place.port, `/${fullName}/inference`, encode(exampleMessage)));
    for (const { outputs, profileTime, errNo, errMsg, logId } of [overHttp, overGrpc]) {
      assert.equal(outputs.length, 1);
      assert.equal(outputs[0]!.engineName, 'GeneralInferOp_0');
      const [only] = outputs[0]!.tensor;
      assert.deepEqual(only!.floatData, [1.5]);
      assert.deepEqual([only!.name, only!.aliasName, only!.elemType, only!.shape], ['y', 'y', 1, [1, 1]]);
      assert.equal(profileTime.length, 2);
      assert.deepEqual([errNo, errMsg, logId], [0, '', 0n]);
      assert.deepEqual(numbersOf(place.engine.sent), [0.5, 0.25]);
    }
  });

  it('stamps the call in microseconds since 1970, and each operator too when the caller wants a profile', async () => {
    const began = Date.now() * 1000;
    const { profileTime } = await askProto(place, { ...exampleMessage, profileServer: true });
    const stamps = profileTime.map(Number);
    assert.equal(stamps.length, 8);
    const [readerBegin, readerEnd, inferBegin, inferEnd, , responseEnd, callBegin, callEnd] = stamps;
    assert.ok(readerEnd! <= inferBegin! && inferBegin! <= inferEnd! && inferEnd! <= responseEnd!);
    assert.deepEqual([callBegin, callEnd], [readerBegin, responseEnd]);
    assert.ok(callBegin! >= began - 1_000_000 && callEnd! <= Date.now() * 1000 + 1_000_000, `${callBegin} ${began}`);
  });
});

describe('paddle-rpc: the address', () => {
  const addresses: [string, string][] = [
    ['the short name', '/GeneralModelService/inference'],
    ['the full name', `/${fullName}/inference`],
    ['the method debug', '/GeneralModelService/debug'],
    ['whatever follows the method', '/GeneralModelService/inference/extra/segments'],
    ['a query', '/GeneralModelService/inference?a=b'],
    ['a slash at the end', '/GeneralModelService/inference/'],
  ];
  for (const [what, path] of addresses) {
    it(`takes ${what}`, async () => {
      const reply = await ask(`${place.url}${path}`, { body: JSON.stringify(example) });
      assert.equal(reply.status, 200, String(reply.bytes));
    });
  }

  for (const method of ['GET', 'PUT', 'DELETE', 'PATCH']) {
    it(`takes the verb ${method}`, async () => {
      const reply = await askJson(place, example, { method });
      assert.equal(reply.status, 200, String(reply.bytes));
      assert.match(String(reply.bytes), /float_data/);
    });
  }

  it('serves debug over gRPC too', async () => {
    const reply = decode(await askGrpc(place.port, `/${fullName}/debug`, encode(exampleMessage)));
    assert.deepEqual(reply.outputs[0]!.tensor[0]!.floatData, [1.5]);
  });
});

describe('paddle-rpc: the content type', () => {
  for (const type of ['application/json', 'application/json; charset=utf-8', 'text/plain', 'nonsense']) {
    it(`is copied into the reply: ${type}`, async () => {
      const reply = await askJson(place, example, { headers: { 'content-type': type } });
      assert.equal(reply.status, 200, String(reply.bytes));
      assert.equal(reply.headers['content-type'], type);
      assert.equal(JSON.parse(String(reply.bytes)).outputs.length, 1);
    });
  }

  it('is missing in the reply when the request has none', async () => {
    const reply = await ask(place.address, { body: JSON.stringify(example) });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-type'], undefined);
  });

  it('application/proto is copied exactly, since the Python client compares it', async () => {
    const reply = await ask(place.address, { body: encode(exampleMessage), headers: proto });
    assert.equal(reply.headers['content-type'], 'application/proto');
  });
});

describe('paddle-rpc: compression over HTTP', () => {
  it('takes gzip, in JSON and in protobuf', async () => {
    const body = gzipSync(JSON.stringify(example));
    assert.equal((await ask(place.address, { body, headers: { 'content-encoding': 'gzip' } })).status, 200);
    const message = gzipSync(encode(exampleMessage));
    const reply = await ask(place.address, { body: message, headers: { ...proto, 'content-encoding': 'gzip' } });
    assert.deepEqual(decode(reply.bytes).outputs[0]!.tensor[0]!.floatData, [1.5]);
  });

  it('answers with gzip only to who takes it, and only from 512 bytes on', async () => {
    const { engine } = place;
    const small = engine.outputs;
    const asks = (headers: Record<string, string>) => askJson(place, example, { headers });
    assert.equal((await asks({ 'accept-encoding': 'gzip' })).headers['content-encoding'], undefined);
    engine.outputs = [floats('y', [200], new Array(200).fill(1.5))];
    try {
      assert.equal((await asks({})).headers['content-encoding'], undefined);
      const reply = await asks({ 'accept-encoding': 'deflate, gzip' });
      assert.equal(reply.headers['content-encoding'], 'gzip');
      assert.equal(reply.headers['content-length'], String(reply.bytes.length));
      const { outputs } = JSON.parse(gunzipSync(reply.bytes).toString());
      assert.equal(outputs[0].tensor[0].float_data.length, 200);
    } finally {
      engine.outputs = small;
    }
  });
});

describe('paddle-rpc: the request beside its tensors', () => {
  it('is known by the log id of its header', async () => {
    await askJson(place, example, { headers: { 'log-id': '1234567890123' } });
    assert.equal(place.engine.requests.at(-1)!.requestId, '1234567890123');
  });

  it('has the deadline of its gRPC call', async () => {
    await askGrpc(place.port, `/${fullName}/inference`, encode(exampleMessage), 5000);
    const { deadlineMs } = place.engine.requests.at(-1)!;
    assert.ok(deadlineMs !== undefined && deadlineMs > 3000 && deadlineMs <= 5000, String(deadlineMs));
  });

  it('is given up when its caller leaves', async () => {
    const left = Promise.withResolvers<void>();
    place.engine.before = (request) =>
      new Promise((resolve) => {
        request.signal!.addEventListener('abort', () => {
          left.resolve();
          resolve();
        });
        controller.abort();
      });
    const controller = new AbortController();
    try {
      await assert.rejects(askJson(place, example, { signal: controller.signal }), { name: 'AbortError' });
      await left.promise;
    } finally {
      place.engine.before = undefined;
    }
  });
});
