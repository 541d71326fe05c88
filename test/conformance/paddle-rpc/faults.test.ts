import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type FaultCode, faultCodeList } from '@segserve/contract';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { grpcStatus } from '../../../packages/server/src/domain/wire.ts';
import { type AskOptions, ask } from '../../support/ask.ts';
import { prpcCall, prpcFrame } from '../../support/prpcClient.ts';
import { askGrpc, askJson, encode, example, exampleMessage, fullName, json, openPaddleRpc, proto } from './callers.ts';

const place = await openPaddleRpc();
const parse = 'Fail to parse http body as baidu.paddle_serving.predictor.general_model.Request, ';
const opFailed = 'InferService inference failed! ';

interface Row {
  readonly title: string;
  readonly path?: string;
  readonly send: AskOptions;
  readonly status: number;
  readonly code: number;
  readonly text: string | RegExp;
}

const tensor = example.tensor[0]!;
const sending = (value: unknown): AskOptions => ({ body: JSON.stringify(value), headers: json });
const one = (fields: Record<string, unknown>) => sending({ tensor: [{ ...tensor, ...fields }] });
const failed = { status: 500, code: -5100 };
const bad = { status: 400, code: 1003 };

const rows: Row[] = [
  {
    title: 'no tensors',
    send: sending({ tensor: [] }),
    ...failed,
    text: `${opFailed}Expected at least one tensor but received none.`,
  },
  {
    title: 'an empty body',
    send: { method: 'POST' },
    ...failed,
    text: `${opFailed}Expected at least one tensor but received none.`,
  },
  { title: 'an empty protobuf body', send: { method: 'POST', headers: proto }, ...failed, text: /at least one tensor/ },
  {
    title: 'nothing but types that are not read',
    send: sending({
      tensor: [
        { ...tensor, elem_type: 3 },
        { ...tensor, elem_type: 77 },
      ],
    }),
    ...failed,
    text: `${opFailed}Expected tensors of elem_type 0 (INT64), 1 (FP32), 2 (INT32), 5 (FP16), 7 (UINT8), 8 (INT8), 20 (STRING) but received 3 (FP64), 77 (unknown).`,
  },
  {
    title: 'a tensor for no input',
    send: one({ name: 'z', alias_name: 'zz' }),
    ...failed,
    text: `${opFailed}Expected tensors for x but received "z".`,
  },
  {
    title: 'fewer numbers than the shape says',
    send: one({ shape: [2, 2] }),
    ...failed,
    text: `${opFailed}Expected 4 elements in "x" by its shape [2, 2] but received 2.`,
  },
  {
    title: 'numbers in the field of another type',
    send: one({ elem_type: 0 }),
    ...failed,
    text: /Expected 2 elements in "x" .* but received 0\./,
  },
  {
    title: 'bytes that are no whole number of elements',
    send: one({ elem_type: 5, tensor_content: 'AAAA' }),
    ...failed,
    text: /received 1\.5\./,
  },
  {
    title: 'a negative side',
    send: one({ shape: [-1, -2] }),
    ...failed,
    text: /shape of "x" without negative sides but received \[-1, -2\]/,
  },
  {
    title: 'JSON that is none',
    send: { body: '{', headers: json },
    ...bad,
    text: new RegExp(`^${parse}The body is not valid JSON`),
  },
  { title: 'JSON of another shape', send: sending([1]), ...bad, text: new RegExp(`^${parse}`) },
  {
    title: 'a tensor that is no object',
    send: sending({ tensor: ['x'] }),
    ...bad,
    text: /tensor\[0\] to be a JSON object/,
  },
  { title: 'numbers where tensors belong', send: sending({ tensor: [1, 2] }), ...bad, text: new RegExp(`^${parse}`) },
  {
    title: 'text among the numbers',
    send: one({ float_data: [0.5, 'x'] }),
    ...bad,
    text: `${parse}expected numbers in float_data but received a string.`,
  },
  {
    title: 'a whole number that is none',
    send: one({ elem_type: 0, int64_data: [0.5, 1] }),
    ...bad,
    text: /whole numbers/,
  },
  {
    title: 'a nested list of numbers',
    send: one({ float_data: [[0.5, 0.25]] }),
    ...bad,
    text: `${parse}expected a flat list in float_data but received a nested one.`,
  },
  {
    title: 'a nested list of integers',
    send: one({ elem_type: 2, int_data: [[1], [2]] }),
    ...bad,
    text: /flat list in int_data/,
  },
  {
    title: 'a 64-bit integer that is too large',
    send: one({ elem_type: 0, int64_data: ['9223372036854775808', '1'] }),
    ...bad,
    text: /64-bit integers in int64_data but received a string/,
  },
  { title: 'a shape that is no list', send: one({ shape: 'x' }), ...bad, text: new RegExp(`^${parse}`) },
  { title: 'a content that is no base64', send: one({ elem_type: 7, tensor_content: '!' }), ...bad, text: /base64 in/ },
  {
    title: 'protobuf that is none',
    send: { body: 'nonsense', headers: proto },
    ...bad,
    text: `${parse}expected protobuf but received other bytes.`,
  },
  {
    title: 'protobuf that ends too early',
    send: { body: encode(exampleMessage).subarray(0, 20), headers: proto },
    ...bad,
    text: new RegExp(`^${parse}`),
  },
  {
    title: 'gzip that is none',
    send: { body: 'x', headers: { 'content-encoding': 'gzip' } },
    ...bad,
    text: /^Fail to un-gzip request body/,
  },
  {
    title: 'an unknown method',
    path: '/GeneralModelService/nope',
    send: sending(example),
    status: 404,
    code: 1002,
    text: "Fail to find method on `/GeneralModelService/nope'",
  },
  {
    title: 'an unknown path',
    path: '/matting/prediction',
    send: sending(example),
    status: 404,
    code: 1002,
    text: "Fail to find method on `/matting/prediction'",
  },
  {
    title: 'a service without a method',
    path: '/GeneralModelService',
    send: sending(example),
    status: 404,
    code: 1002,
    text: 'Missing method name for service=GeneralModelService. Available methods are: inference, debug',
  },
];

describe('paddle-rpc: errors', () => {
  for (const { title, path = '/GeneralModelService/inference', send, status, code, text } of rows) {
    it(`answers ${title} with ${status} and E${code}`, async () => {
      const reply = await ask(`${place.url}${path}`, send);
      const body = String(reply.bytes);
      const start = `[127.0.0.1:${place.port}][E${code}]`;
      assert.equal(reply.status, status, body);
      assert.equal(reply.headers['content-type'], 'text/plain');
      assert.equal(reply.headers['x-bd-error-code'], String(code));
      assert.ok(body.startsWith(start), body);
      if (typeof text === 'string') assert.equal(body.slice(start.length), text);
      else assert.match(body.slice(start.length), text);
    });
  }

  it('says over gRPC what it says over HTTP of a message that is none, and of a method that is none', async () => {
    const nonsense = askGrpc(place.port, `/${fullName}/inference`, Buffer.from('nonsense'));
    const start = `[0.0.0.0:9393][E1003]${parse}`;
    await assert.rejects(nonsense, (error: { code: number; details: string }) => {
      return error.code === grpcStatus.invalidArgument && error.details.startsWith(start);
    });
    const nowhere = askGrpc(place.port, `/${fullName}/nope`, encode(exampleMessage));
    await assert.rejects(nowhere, { code: grpcStatus.unimplemented });
  });

  it('survives all of them', async () => {
    assert.equal((await askJson(place, example)).status, 200);
  });
});

type Meaning = readonly [code: number, http: number, grpc: number];
const failedOperator: Meaning = [-5100, 500, grpcStatus.internal];
const noPlace: Meaning = [2003, 503, grpcStatus.unavailable];
const late: Meaning = [1008, 504, grpcStatus.deadlineExceeded];
const absent: Meaning = [1002, 404, grpcStatus.unimplemented];
const defect: Meaning = [2001, 500, grpcStatus.internal];

/** What a caller sees of every fault that the engine may answer with. */
const meanings: Readonly<Record<FaultCode, Meaning>> = {
  invalid_request: failedOperator,
  unknown_model: failedOperator,
  unknown_answer: failedOperator,
  not_acceptable: failedOperator,
  unsupported_media_type: failedOperator,
  empty_image: failedOperator,
  unsupported_image: failedOperator,
  corrupt_image: failedOperator,
  image_too_large: failedOperator,
  body_too_large: failedOperator,
  poison_input: failedOperator,
  source_forbidden: failedOperator,
  source_unavailable: failedOperator,
  not_found: absent,
  method_not_allowed: absent,
  forbidden_origin: failedOperator,
  headers_too_large: failedOperator,
  request_timeout: late,
  overloaded: [2004, 503, grpcStatus.unavailable],
  shutting_down: noPlace,
  model_not_ready: noPlace,
  deadline_exceeded: late,
  cancelled: late,
  worker_failed: failedOperator,
  model_invalid: failedOperator,
  config_invalid: defect,
  internal: defect,
};

describe('paddle-rpc: faults of the engine', () => {
  for (const fault of faultCodeList) {
    const [code, http, grpc] = meanings[fault];
    it(`${fault} is E${code}: HTTP ${http}, gRPC ${grpc}, and the same in a frame`, async () => {
      place.engine.before = () => Promise.reject(new Fault(fault, 'Why it failed.'));
      try {
        const reply = await askJson(place, example);
        assert.deepEqual([reply.status, reply.headers['x-bd-error-code']], [http, String(code)]);
        const text = String(reply.bytes);
        assert.ok(fault === 'internal' ? !text.includes('Why it failed.') : text.endsWith('Why it failed.'), text);
        const call = askGrpc(place.port, `/${fullName}/inference`, encode(exampleMessage));
        await assert.rejects(call, (error: { code: number; details: string }) => {
          assert.equal(error.code, grpc);
          return error.details.startsWith(`[0.0.0.0:9393][E${code}]`);
        });
        const request = { serviceName: fullName, methodName: 'inference' };
        const [answer] = await prpcCall(place.port, [prpcFrame({ request }, encode(exampleMessage))]);
        assert.equal(answer!.meta.response?.errorCode, code);
      } finally {
        place.engine.before = undefined;
      }
    });
  }

  it('a model whose graph is not read yet is no failure of the operator', async () => {
    const { signature } = place.engine;
    place.engine.signature = () => {
      throw new Fault('model_not_ready', 'Still loading.');
    };
    try {
      assert.equal((await askJson(place, example)).status, 503);
    } finally {
      place.engine.signature = signature;
    }
  });

  it('a defect of ours tells no stranger what it is', async () => {
    place.engine.before = () => Promise.reject(new TypeError('secret internals'));
    try {
      const reply = await askJson(place, example);
      assert.equal(reply.status, 500);
      assert.doesNotMatch(String(reply.bytes), /secret/);
    } finally {
      place.engine.before = undefined;
    }
  });
});
