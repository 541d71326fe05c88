import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type FaultCode, faultCodeList } from '@segserve/contract';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { statusText } from '../../../packages/server/src/protocols/mortred/statusCodes.ts';
import { base64, bisenetv2, envelopeOf, mortredServer, picture, post, prefix } from './mortredServer.ts';

const emptyData = {
  a: { segment_result: '' },
  b: { segment_result: '', colorized_seg_mask: '' },
} as const;

/** Of every run longer than 64 KiB, so that it takes the road of long texts. */
const longWaste = 'A'.repeat(100_000);

interface Row {
  readonly input: string;
  readonly body: unknown;
  readonly reqId: string;
}

const rows: readonly Row[] = [
  { input: 'an empty body', body: '', reqId: '' },
  { input: 'malformed JSON', body: `{"img_data":"${base64}","req_id":`, reqId: '' },
  { input: 'bytes that are no text', body: picture, reqId: '' },
  { input: 'null', body: 'null', reqId: '' },
  { input: '{}', body: {}, reqId: '' },
  { input: 'no img_data', body: { req_id: 'r' }, reqId: '' },
  { input: 'img_data that is a number', body: { img_data: 7, req_id: 'r' }, reqId: '' },
  { input: 'img_data that is null', body: { img_data: null, req_id: 'r' }, reqId: '' },
  { input: 'img_data that is an array', body: { img_data: [base64], req_id: 'r' }, reqId: '' },
  { input: 'no req_id', body: { img_data: base64 }, reqId: '' },
  { input: 'req_id that is a number', body: { img_data: base64, req_id: 7 }, reqId: '' },
  { input: 'req_id that is null', body: { img_data: base64, req_id: null }, reqId: '' },
  { input: 'empty img_data', body: { img_data: '', req_id: 'r' }, reqId: 'r' },
  { input: 'img_data that is not base64', body: { img_data: '***', req_id: 'r' }, reqId: 'r' },
  { input: 'img_data of one letter', body: { img_data: 'A', req_id: 'r' }, reqId: 'r' },
  { input: 'base64 that is no image', body: { img_data: 'AAAA', req_id: 'r' }, reqId: 'r' },
  { input: 'much base64 that is no image', body: { img_data: longWaste, req_id: 'r' }, reqId: 'r' },
  { input: 'a data: prefix', body: { img_data: `data:image/png;base64,${base64}`, req_id: 'r' }, reqId: 'r' },
  { input: 'base64 that begins with a space', body: { img_data: ` ${base64}`, req_id: 'r' }, reqId: 'r' },
  { input: 'a JSON array', body: [{ img_data: base64, req_id: 'r' }], reqId: '' },
  { input: 'a JSON number', body: '17', reqId: '' },
  { input: 'a JSON string', body: '"text"', reqId: '' },
];

for (const profile of ['a', 'b'] as const) {
  const server = await mortredServer({ profile });
  describe(`mortred ${profile}: bad input`, () => {
    for (const { input, body, reqId } of rows) {
      test(`${input} is code 3 with ${reqId === '' ? 'an empty req_id' : 'the req_id of the caller'}`, async () => {
        const reply = await post(server, bisenetv2, body);
        assert.equal(reply.status, 200);
        const expected = { req_id: reqId, code: 3, msg: 'model input empty', data: emptyData[profile] };
        assert.deepEqual(envelopeOf(reply), expected);
      });
    }

    test('a run that takes longer than model_run_timeout is code 4', async () => {
      const slow = await mortredServer({ profile, runTimeoutMs: 250 });
      slow.engine.fail(new Fault('deadline_exceeded', 'Too late.'));
      const envelope = envelopeOf(await post(slow, bisenetv2));
      assert.deepEqual(envelope, { req_id: 'abc123', code: 4, msg: 'model run timeout', data: emptyData[profile] });
      assert.equal(slow.engine.requests[0]?.deadlineMs, 250);
    });

    test('every fault of the engine has a code of this era with its text, and the server lives', async () => {
      for (const code of faultCodeList) {
        server.engine.fail(new Fault(code, 'As told.'));
        const reply = await post(server, bisenetv2);
        const envelope = envelopeOf(reply);
        assert.deepEqual([reply.status, envelope.req_id, envelope.data], [200, 'abc123', emptyData[profile]], code);
        assert.equal(envelope.code, codeOfFault[code], code);
        assert.equal(envelope.msg, statusText(profile, envelope.code), code);
      }
      server.engine.instead = undefined;
      assert.equal(envelopeOf(await post(server, bisenetv2)).code, 0);
    });
  });
}

const codeOfFault: Readonly<Record<FaultCode, number>> = {
  invalid_request: 3,
  unknown_model: 1,
  unknown_answer: 1,
  not_acceptable: 3,
  unsupported_media_type: 3,
  empty_image: 3,
  unsupported_image: 3,
  corrupt_image: 3,
  image_too_large: 3,
  body_too_large: 3,
  poison_input: 2,
  source_forbidden: 3,
  source_unavailable: 3,
  not_found: 12,
  method_not_allowed: 12,
  forbidden_origin: 3,
  headers_too_large: 3,
  request_timeout: 4,
  overloaded: 4,
  shutting_down: 12,
  model_not_ready: 1,
  deadline_exceeded: 4,
  cancelled: 2,
  worker_failed: 2,
  model_invalid: 1,
  config_invalid: 11,
  internal: 12,
};

describe('mortred: good input', async () => {
  const server = await mortredServer();

  const goodBodies: Readonly<Record<string, string>> = {
    'with keys of no meaning': JSON.stringify({ more: [1, { x: null }], img_data: base64, req_id: 'r' }),
    'with white space and escaped slashes': ` {\n"req_id" : "r",\t"img_data": "${base64.replaceAll('/', '\\/')}" } `,
    'with text behind the padding': JSON.stringify({ img_data: `${base64}=?`, req_id: 'r' }),
    'with base64 without padding': JSON.stringify({ img_data: base64.replace(/=+$/, ''), req_id: 'r' }),
  };
  for (const [how, body] of Object.entries(goodBodies)) {
    test(`a request ${how} is answered`, async () => {
      const envelope = envelopeOf(await post(server, bisenetv2, body));
      assert.deepEqual([envelope.code, envelope.msg, envelope.req_id], [0, 'success', 'r']);
      assert.deepEqual(Buffer.from(server.engine.requests.at(-1)!.image), picture);
    });
  }

  for (const id of ['', ' ', '"quoted"\\', 'ünï', '😀', 'x'.repeat(20_000)]) {
    test(`req_id ${JSON.stringify(id.slice(0, 12))} of ${id.length} characters comes back as it was`, async () => {
      const envelope = envelopeOf(await post(server, bisenetv2, { img_data: base64, req_id: id }));
      assert.deepEqual([envelope.code, envelope.req_id], [0, id]);
    });
  }

  test('a picture of several megabytes arrives whole', async () => {
    const large = Buffer.concat([picture, Buffer.alloc(5_000_000, 7)]);
    await post(server, bisenetv2, { img_data: large.toString('base64'), req_id: 'r' });
    assert.ok(large.equals(server.engine.requests.at(-1)!.image));
  });

  test('successCode 1 is what the tutorial of era A shows', async () => {
    const tutorial = await mortredServer({ successCode: 1 });
    const envelope = envelopeOf(await post(tutorial, bisenetv2));
    assert.deepEqual([envelope.code, envelope.msg], [1, 'success']);
  });

  test('requireRequestId false takes a request without an id, as era C does', async () => {
    const lenient = await mortredServer({ requireRequestId: false });
    const envelope = envelopeOf(await post(lenient, bisenetv2, { img_data: base64 }));
    assert.deepEqual([envelope.code, envelope.req_id], [0, '']);
    assert.equal(envelopeOf(await post(lenient, bisenetv2, { img_data: '' })).code, 3);
  });

  test('a caller who leaves takes the request along', async () => {
    const held = await mortredServer();
    const { release } = held.engine.hold();
    const leaving = new AbortController();
    const asked = post(held, bisenetv2, undefined, { signal: leaving.signal });
    while (held.engine.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    leaving.abort();
    await assert.rejects(asked);
    const { signal } = held.engine.requests[0]!;
    if (!signal!.aborted) await new Promise((resolve) => signal!.addEventListener('abort', resolve, { once: true }));
    release();
  });

  test('model_run_timeout 0 asks for as long as the engine allows', async () => {
    const patient = await mortredServer({ runTimeoutMs: 0 });
    await post(patient, bisenetv2);
    await post(server, bisenetv2);
    assert.ok(patient.engine.requests[0]!.deadlineMs! > 1e12);
    assert.equal(server.engine.requests.at(-1)!.deadlineMs, undefined);
  });

  test('a server whose model is not served says that it was not initialised', async () => {
    const wrong = await mortredServer({ models: { bisenetv2: 'nobody' } });
    const envelope = envelopeOf(await post(wrong, bisenetv2));
    assert.deepEqual([envelope.code, envelope.msg, envelope.req_id], [1, 'model init failed', 'abc123']);
  });

  test('a server that segserve has no models for still tells bad input from good', async () => {
    const path = `${prefix}/obj_detection/yolov5`;
    assert.equal(envelopeOf(await post(server, path, '')).code, 3);
    assert.equal(envelopeOf(await post(server, path, { img_data: '', req_id: 'r' })).code, 3);
    assert.equal(envelopeOf(await post(server, path)).code, 1);
  });
});

describe('mortred: texts of codes', () => {
  const texts: readonly (readonly [code: number, a: string, b: string, c: string])[] = [
    [0, 'success', 'success', 'success'],
    [1, 'model init failed', 'model init failed', 'model init failed'],
    [2, 'model run session failed', 'model run session failed', 'model run session failed'],
    [3, 'model input empty', 'model input empty', 'model input empty'],
    [4, 'model run timeout', 'model run timeout', 'model run timeout'],
    [5, 'Unknown', 'Unknown', 'model output empty'],
    [11, 'server init failed', 'server init failed', 'server init failed'],
    [12, 'server run failed', 'server run failed', 'Unknown'],
    [30, 'file read error', 'file read error', 'Unknown'],
    [31, 'file write error', 'file write error', 'Unknown'],
    [32, 'file not exist error', 'file not exist error', 'Unknown'],
    [40, 'compress not support', 'compress not support', 'Unknown'],
    [41, 'uncompress error', 'uncompress error', 'Unknown'],
    [50, 'decode json error', 'decode json error', 'decode json error'],
    [51, 'encode sson error', 'encode sson error', 'Unknown'],
    [60, 'Unknown', 'init mysql connection failed', 'unsupported media type'],
    [61, 'Unknown', 'exec select sql failed', 'request entity too large'],
    [62, 'Unknown', 'exec insert sql failed', 'method not allowed'],
    [63, 'Unknown', 'exec update sql failed', 'not found'],
    [64, 'Unknown', 'exec delete sql failed', 'internal server error'],
    [65, 'Unknown', 'Unknown', 'service not ready'],
    [70, 'Unknown', 'add handler to router table failed', 'Unknown'],
    [71, 'Unknown', 'get handler from router table failed', 'Unknown'],
    [72, 'Unknown', 'Unknown', 'Unknown'],
    [80, 'Unknown', 'Unknown', 'unknown token'],
    [90, 'Unknown', 'Unknown', 'tensorrt cuda error'],
    [91, 'Unknown', 'Unknown', 'tensorrt allocate memory failed'],
    [92, 'Unknown', 'Unknown', 'convert onnx model to trt failed'],
    [93, 'Unknown', 'Unknown', 'tensorrt allocate dynamic shape memory failed'],
    [142, 'Unknown', 'Unknown', 'Unknown'],
    [401, 'Unknown', 'Unknown', 'unauthorized'],
    [429, 'Unknown', 'Unknown', 'too many requests'],
  ];
  for (const [code, a, b, c] of texts) {
    test(`${code} is "${a}", "${b}", "${c}"`, () => {
      assert.deepEqual([statusText('a', code), statusText('b', code), statusText('c', code)], [a, b, c]);
    });
  }
});
