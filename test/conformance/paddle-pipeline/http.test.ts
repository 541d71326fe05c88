import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { pipelineServer } from './pipelineServer.ts';

const picture = Buffer.from('a picture').toString('base64');
const one = { key: ['image'], value: [picture] };
const limits = { timeout: 20_000 };

describe('the address', limits, () => {
  it('is /{service}/{any method}, and the request’s content type says nothing', async () => {
    const server = await pipelineServer();
    for (const path of ['/matting/prediction', '/matting/anything']) {
      for (const headers of [{}, { 'content-type': 'text/plain' }, { 'content-type': 'application/json' }]) {
        const reply = await server.post(path, one, { headers });
        assert.equal(reply.status, 200);
        assert.equal(reply.headers.get('content-type'), 'application/json');
      }
    }
    assert.equal(server.fake.requests.length, 6);
  });

  it('of another service is an error inside a reply of status 200', async () => {
    const server = await pipelineServer();
    assert.deepEqual(await server.ask(one, '/other/prediction'), {
      err_no: 3002,
      err_msg: 'Failed to inference: Service name error.',
      key: [],
      value: [],
      tensors: [],
    });
  });

  it('of one or three segments, or with a colon in the last, is not found', async () => {
    const server = await pipelineServer();
    for (const path of ['/matting', '/', '/matting/a/b', '/matting/prediction:x']) {
      const reply = await server.post(path, one);
      assert.equal(reply.status, 404, path);
      assert.match(reply.headers.get('content-type') ?? '', /^text\/plain/);
      assert.equal((await reply.text()).trim(), 'Not Found');
    }
  });

  it('takes POST alone', async () => {
    const server = await pipelineServer();
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const reply = await fetch(`${server.url}/matting/prediction`, { method });
      assert.equal(reply.status, 405);
      assert.equal((await reply.text()).trim(), 'Method Not Allowed');
    }
  });
});

describe('the body', limits, () => {
  it('that is no JSON, or no such message, gets 400 with the same text twice', async () => {
    const server = await pipelineServer();
    for (const body of ['{', '[]', '"x"', '{"key":1}', '{"key":[1]}', '{"key":["a"],"value":[{}]}', '{"logid":"x"}']) {
      const reply = await server.post('/matting/prediction', body);
      assert.equal(reply.status, 400, body);
      const told = (await reply.json()) as Record<string, unknown>;
      assert.deepEqual(Object.keys(told), ['error', 'code', 'message', 'details']);
      assert.equal(told.error, told.message);
      assert.equal(told.code, 3);
      assert.deepEqual(told.details, []);
    }
  });

  it('may be empty: a message without a picture', async () => {
    const server = await pipelineServer();
    for (const body of ['', '{}', '{"key":null,"value":null}']) {
      const reply = await server.ask(body);
      assert.equal(reply.err_no, 10_000);
      assert.match(reply.err_msg, /Expected exactly one picture/);
    }
  });

  it('may hold fields that nobody knows, and 64-bit numbers as numbers or text', async () => {
    const server = await pipelineServer();
    for (const logid of [5, '5', '9007199254740993']) {
      assert.equal((await server.ask({ ...one, logid, something: { else: [1] } })).err_no, 0);
    }
  });

  it('with more keys than values is an error, with more values than keys is not', async () => {
    const server = await pipelineServer();
    const more = await server.ask({ key: ['a', 'b'], value: ['x'] });
    assert.deepEqual([more.err_no, more.err_msg], [8000, 'rpc package error: list index out of range']);
    assert.equal((await server.ask({ key: ['image'], value: [picture, 'ignored'] })).err_no, 0);
  });
});

describe('the matting operator', limits, () => {
  it('takes the picture from any key and gives the cut-out, colours and all, as base64', async () => {
    const server = await pipelineServer();
    for (const key of ['image', 'whatever']) {
      const reply = await server.ask({ key: [key], value: [picture] });
      assert.deepEqual([reply.err_no, reply.err_msg, reply.key, reply.tensors], [0, '', ['alpha'], []]);
    }
    const [request] = server.fake.requests;
    assert.equal(Buffer.from(request!.image).toString(), 'a picture');
    assert.deepEqual(request!.answers, [{ kind: 'cutout', keepColors: true }]);
    assert.equal(request!.model, 'portrait');
  });

  it('takes a picture of megabytes', async () => {
    const server = await pipelineServer();
    const large = Buffer.alloc(3_000_000, 7);
    assert.equal((await server.ask({ key: ['image'], value: [large.toString('base64')] })).err_no, 0);
    assert.ok(Buffer.from(server.fake.requests[0]!.image).equals(large));
  });

  it('answers two pictures, bad base64 and a refused picture in the predecessor’s words', async () => {
    const server = await pipelineServer();
    const two = await server.ask({ key: ['a', 'b'], value: [picture, picture], logid: 7 });
    assert.equal(two.err_no, 10_000);
    assert.match(
      two.err_msg,
      /^Log_id: 7 {2}Raise_msg: Expected exactly one picture .* {2}ClassName: matting\.preprocess {2}FunctionName: preprocess$/,
    );
    const bad = await server.ask({ key: ['image'], value: ['!!!'] });
    assert.equal(bad.err_no, 10_000);
    assert.match(bad.err_msg, /Raise_msg: Expected base64/);
    server.fake.instead = () => Promise.reject(new Fault('unsupported_image', 'No picture.'));
    assert.match((await server.ask(one)).err_msg, /Raise_msg: No picture\./);
  });

  it('whose model fails is a client error that points to the log', async () => {
    const server = await pipelineServer();
    server.fake.instead = () => Promise.reject(new Fault('worker_failed', 'The worker died.'));
    const reply = await server.ask(one);
    assert.equal(reply.err_no, 9000);
    assert.match(reply.err_msg, /failed to predict\. The worker died\. .*PipelineServingLogs\/pipeline\.log/);
  });

  it('that is late is tried as often as it may be, then says so', async () => {
    const server = await pipelineServer({ ops: { matting: { timeoutMs: 250, retry: 3 } } });
    server.fake.instead = () => Promise.reject(new Fault('deadline_exceeded', 'Late.'));
    assert.equal((await server.ask(one)).err_no, 6000);
    assert.equal(server.fake.requests.length, 3);
    assert.equal(server.fake.requests[0]!.deadlineMs, 250);
  });

  it('has the error numbers of the configured generation', async () => {
    const numbers = { '0.4': [7, 4, 8, 5, 1], '0.7': [7, 4, 8, 5, 1], '0.9': [3002, 8000, 10_000, 9000, 6000] };
    for (const [generation, expected] of Object.entries(numbers)) {
      const server = await pipelineServer({ generation });
      const found = [
        (await server.ask(one, '/other/x')).err_no,
        (await server.ask({ key: ['a'], value: [] })).err_no,
        (await server.ask({})).err_no,
      ];
      for (const code of ['model_not_ready', 'deadline_exceeded'] as const) {
        server.fake.instead = () => Promise.reject(new Fault(code, 'x'));
        found.push((await server.ask(one)).err_no);
      }
      assert.deepEqual(found, expected, generation);
    }
  });

  it('tells its timing when asked, or always when configured so', async () => {
    const server = await pipelineServer();
    const reply = await server.ask({ key: ['image', 'pipeline.profile'], value: [picture, '1'] });
    assert.deepEqual(reply.key, ['alpha', 'pipeline.profile']);
    assert.match(reply.value[1]!, /^matting:\d+\.\d+ms$/);
    assert.deepEqual((await server.ask({ key: ['image', 'pipeline.profile'], value: [picture, '0'] })).key, ['alpha']);
    const always = await pipelineServer({ useProfile: true });
    assert.deepEqual((await always.ask(one)).key, ['alpha', 'pipeline.profile']);
  });
});

describe('several operators', limits, () => {
  it('hand their pictures on, and those that nobody takes from make the reply', async () => {
    const server = await pipelineServer({
      ops: {
        measure: { input: 'cut', answer: 'stats', key: 'facts' },
        cut: { answer: 'cutout', key: 'hidden' },
        mask: { model: 'scene', answer: 'labels', key: 'mask' },
      },
    });
    const reply = await server.ask(one);
    assert.equal(reply.err_no, 0);
    assert.deepEqual(reply.key.toSorted(), ['facts', 'mask']);
    const [, , last] = server.fake.requests;
    assert.equal(server.fake.requests.length, 3);
    const chained = server.fake.requests.find(({ answers }) => answers[0]!.kind === 'stats')!;
    assert.notEqual(Buffer.from(chained.image).toString(), 'a picture', 'it got the cut-out');
    assert.ok(last);
  });

  it('that cannot be put in an order are refused before the server starts', async () => {
    const circle = { a: { input: 'b' }, b: { input: 'a' } };
    await assert.rejects(pipelineServer({ ops: circle }), /a, b take their pictures from each other/);
    await assert.rejects(pipelineServer({ ops: { a: { input: 'c' } } }), /one of request but received c/);
    const text = { a: { answer: 'stats' }, b: { input: 'a' } };
    await assert.rejects(pipelineServer({ ops: text }), /takes a picture from a, whose answer is stats/);
    await assert.rejects(pipelineServer({ ops: {} }), /at least one operator/);
  });
});

describe('tensors', limits, () => {
  const ops = { raw: { model: 'scene', answer: 'tensors' } };
  const ask = async (tensor: object) => {
    const server = await pipelineServer({ ops });
    const reply = await server.ask({ tensors: [{ name: 'x', ...tensor }] });
    return { reply, given: server.fake.tensorRequests[0]?.inputs[0] };
  };

  it('of every number type reach the model, and come back as Python prints them', async () => {
    const cases = [
      [{ elem_type: 0, int64_data: ['9007199254740993', -1], shape: [2] }, 'array([9007199254740993, -1])'],
      [
        { elem_type: 1, float_data: [0.1, 1, -2.5, 'NaN'], shape: [1, 4] },
        'array([[0.1, 1., -2.5, nan]], dtype=float32)',
      ],
      [{ elem_type: 2, int_data: [1, -2] }, 'array([1, -2], dtype=int32)'],
      [{ elem_type: 3, float64_data: [0.1] }, 'array([0.1])'],
      [{ elem_type: 4, int_data: [-3] }, 'array([-3], dtype=int16)'],
      [{ elem_type: 5, float_data: [0.5] }, 'array([0.5], dtype=float16)'],
      [{ elem_type: 7, uint32_data: [255] }, 'array([255], dtype=uint8)'],
      [{ elem_type: 8, int_data: [-128] }, 'array([-128], dtype=int8)'],
      [{ elem_type: 9, bool_data: [true, false] }, 'array([True, False])'],
      [{ elemType: 1, floatData: [1.5], shape: [1, 1] }, 'array([[1.5]], dtype=float32)'],
    ] as const;
    for (const [tensor, text] of cases) {
      const { reply } = await ask(tensor);
      assert.deepEqual([reply.err_no, reply.err_msg, reply.key, reply.value], [0, '', ['x'], [text]]);
    }
  });

  it('may be an NPY file', async () => {
    const header = `${"{'descr': '<i4', 'fortran_order': False, 'shape': (2,), }".padEnd(117)}\n`;
    const npy = Buffer.concat([
      Buffer.from('\x93NUMPY\x01\x00\x76\x00', 'latin1'),
      Buffer.from(header),
      Buffer.from([1, 0, 0, 0, 2, 0, 0, 0]),
    ]);
    const { reply } = await ask({ elem_type: 13, byte_data: npy.toString('base64') });
    assert.deepEqual(reply.value, ['array([1, 2], dtype=int32)']);
    const broken = await ask({ elem_type: 13, byte_data: npy.subarray(0, 50).toString('base64') });
    assert.equal(broken.reply.err_no, 8000);
  });

  it('of an unknown type or a wrong shape are a type error', async () => {
    const unknown = await ask({ elem_type: 10, complex64_data: [1] });
    assert.equal(unknown.reply.err_no, 7000);
    const shape = await ask({ elem_type: 1, float_data: [1, 2], shape: [3] });
    assert.equal(shape.reply.err_no, 7000);
    assert.match(shape.reply.err_msg, /2 numbers, but its shape is \[3\]/);
  });

  it('that are texts come over an equal key', async () => {
    const server = await pipelineServer();
    const text = { name: 'image', elem_type: 12, str_data: [picture.slice(0, 4), picture.slice(4)] };
    assert.equal((await server.ask({ key: ['image'], value: ['!!!'], tensors: [text] })).err_no, 0);
    assert.equal(Buffer.from(server.fake.requests[0]!.image).toString(), 'a picture');
  });
});
