import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { ask, bytesTensor, oipServer, post, postBinary } from './oipServer.ts';

const limits = { timeout: 30_000 };
const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const x = (data: unknown = [[1, 2]]) => ({ name: 'x', shape: [1, 2], datatype: 'FP32', data });
const binaryX = { name: 'x', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: 8 } };

describe('what the server says of itself and its models', limits, () => {
  it('server metadata', async () => {
    const { json, headers } = await ask(await oipServer(), '/v2');
    assert.deepEqual([json.name, json.version], ['segserve', '1.2.3']);
    assert.ok(json.extensions.includes('binary_tensor_data') && !json.extensions.includes('trace'));
    assert.equal(headers.get('content-type'), 'application/json');
  });

  it('health is 200 or 400, and said in the body too', async () => {
    const server = await oipServer();
    const health = async (what: string) => {
      const { status, json } = await ask(server, `/v2/${what}`);
      return [status, json];
    };
    assert.deepEqual(await health('health/live'), [200, { live: true }]);
    assert.deepEqual(await health('health/ready'), [200, { live: true, ready: true }]);
    assert.deepEqual(await health('models/street/ready'), [200, { name: 'street', ready: true }]);
    assert.deepEqual(await health('models/nope/ready'), [400, { name: 'nope', ready: false }]);
    server.engine.reasonNotReady = 'The models are loading.';
    assert.deepEqual(await health('health/ready'), [400, { live: true, ready: false }]);
    assert.deepEqual(await health('health/live'), [200, { live: true }]);
  });

  it('a model is ready when this version of it answers', async () => {
    const server = await oipServer();
    server.engine.states.set('mirror:2', 'loading');
    const cases: readonly [string, number][] = [
      ['mirror', 400],
      ['mirror/versions/1', 200],
      ['mirror/versions/2', 400],
      ['mirror/versions/3', 400],
      ['fixed', 200],
      ['nope', 400],
    ];
    for (const [path, status] of cases) {
      assert.equal((await ask(server, `/v2/models/${path}/ready`)).status, status, path);
    }
  });

  it('model metadata tells versions, types and free sides', async () => {
    const server = await oipServer();
    const { json } = await ask(server, '/v2/models/mirror/versions/1');
    assert.deepEqual(json, {
      name: 'mirror',
      versions: ['1', '2'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }],
    });
    assert.deepEqual((await ask(server, '/v2/models/fixed')).json.versions, ['1']);
    assert.equal((await ask(server, '/v2/models/matte')).json.outputs[0].datatype, 'BF16');
  });

  it('a model is known by its own name and by those of the configuration', async () => {
    const server = await oipServer();
    const { json } = await ask(server, '/v2/models');
    assert.deepEqual(json.models.toSorted(), ['fixed', 'matte', 'mirror', 'pair', 'scene', 'street', 'words']);
    assert.equal((await ask(server, '/v2/models/street')).json.name, 'street');
    for (const path of ['nope', 'mirror/versions/3', 'fixed/versions/2', 'toString', '__proto__']) {
      const { status, json: refusal } = await ask(server, `/v2/models/${path}`);
      assert.deepEqual([status, typeof refusal.error], [404, 'string'], path);
    }
  });

  it('a name of the configuration hides a model of that name', async () => {
    const server = await oipServer({ models: { mirror: 'scene' } });
    const { json } = await post(server, '/v2/repository/index', '');
    const names = json.map(({ name }: { name: string }) => name);
    assert.deepEqual(names.toSorted(), ['matte', 'mirror', 'pair', 'scene', 'words']);
    assert.equal((await ask(server, '/v2/models/mirror')).json.outputs[0].name, 'scores');
  });

  it('a configuration says that shapes are whole, and tells of the input for pictures', async () => {
    const { json } = await ask(await oipServer(), '/v2/models/scene/config');
    assert.equal(json.max_batch_size, 0);
    assert.deepEqual(
      json.input.map(({ name, data_type, dims }: Record<string, unknown>) => [name, data_type, dims]),
      [['pixels', 'TYPE_UINT8', [1, 2, 2, 3]]],
    );
    assert.equal(json.parameters.segserve_image_input.string_value, 'image');
    assert.match(json.parameters.segserve_answers.string_value, /labels/);
  });

  it('the input for pictures is listed where the operator wants it, unless the graph has one of this name', async () => {
    const server = await oipServer({ listImageInput: true });
    const { json } = await ask(server, '/v2/models/scene');
    assert.deepEqual(json.inputs.at(-1), { name: 'image', datatype: 'BYTES', shape: [-1] });
    assert.equal((await ask(server, '/v2/models/scene/config')).json.input.at(-1).optional, true);
    for (const own of ['matte', 'words', 'mirror']) {
      assert.equal((await ask(server, `/v2/models/${own}`)).json.inputs.length, 1, own);
    }
  });

  it('what lives nowhere, and wrong methods, are errors of this protocol', async () => {
    const server = await oipServer();
    const nowhere = await ask(server, '/v2/nothing');
    assert.deepEqual([nowhere.status, Object.keys(nowhere.json)], [404, ['error']]);
    const method = await ask(server, '/v2/models/mirror/infer');
    assert.deepEqual([method.status, Object.keys(method.json)], [405, ['error']]);
  });
});

describe('inference', limits, () => {
  const infer = '/v2/models/mirror/infer';

  it('JSON in and out; the id comes back, the version is told', async () => {
    const server = await oipServer();
    const { json, headers } = await post(server, infer, { id: 'seven', inputs: [x()] });
    const outputs = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }];
    assert.deepEqual(json, { id: 'seven', model_name: 'mirror', model_version: '2', outputs });
    assert.equal(headers.get('inference-header-content-length'), null);
    assert.equal(
      (await post(server, '/v2/models/mirror/versions/1/infer', { inputs: [x([1, 2])] })).json.model_version,
      '1',
    );
    assert.deepEqual(
      server.engine.tensors.map(({ model }) => model),
      ['mirror:2', 'mirror:1'],
    );
  });

  it('bytes in and out, told by their lengths', async () => {
    const server = await oipServer();
    const request = { inputs: [binaryX], parameters: { binary_data_output: true } };
    const { json, binary, headers } = await postBinary(server, infer, request, [floats(3, 4)]);
    assert.deepEqual(json.outputs, [
      { name: 'x', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
    ]);
    assert.deepEqual(binary, floats(3, 4));
    assert.equal(headers.get('content-type'), 'application/octet-stream');
  });

  it('some inputs and outputs as bytes, others in JSON, each in the order of its list', async () => {
    const server = await oipServer();
    const inputs = [
      { name: 'a', shape: [1], datatype: 'INT8', parameters: { binary_data_size: 1 } },
      { name: 'b', shape: [2], datatype: 'BOOL', data: [true, false] },
      { name: 'c', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 7 } },
    ];
    const outputs = [
      { name: 'c', parameters: { binary_data: false } },
      { name: 'b' },
      { name: 'a', parameters: { binary_data: true } },
    ];
    const parameters = { binary_data_output: true };
    const sent = [Buffer.of(0xff), bytesTensor('xyz')];
    const { json, binary } = await postBinary(server, infer, { inputs, outputs, parameters }, sent);
    assert.deepEqual(json.outputs, [
      { name: 'c', datatype: 'BYTES', shape: [1], data: ['xyz'] },
      { name: 'b', datatype: 'BOOL', shape: [2], parameters: { binary_data_size: 2 } },
      { name: 'a', datatype: 'INT8', shape: [1], parameters: { binary_data_size: 1 } },
    ]);
    assert.deepEqual(binary, Buffer.of(1, 0, 0xff));
  });

  it('a body without JSON is the model’s only input', async () => {
    const server = await oipServer();
    const none = { 'inference-header-content-length': '0' };
    const { json, binary } = await post(server, infer, floats(1, 2, 3, 4), none);
    assert.deepEqual([json.outputs[0].shape, binary], [[2, 2], floats(1, 2, 3, 4)]);
    assert.match((await post(server, infer, floats(1, 2, 3), none)).json.error, /Expected 8 bytes/);
    assert.match((await post(server, '/v2/models/matte/infer', floats(1), none)).json.error, /more than one side free/);
    assert.match(
      (await post(server, '/v2/models/pair/infer', 'ab', none)).json.error,
      /one input .* received 2 inputs/,
    );
    const text = await post(server, '/v2/models/words/infer', 'hello', { ...none, 'content-type': 'image/png' });
    assert.deepEqual(text.binary, bytesTensor('hello'));
  });

  it('gzip and deflate, in the request and in the reply', async () => {
    const server = await oipServer();
    const many = Array.from({ length: 1000 }, (_, index) => index);
    const input = { name: 'x', shape: [500, 2], datatype: 'FP32', data: many };
    const coders = { gzip: [gzipSync, gunzipSync], deflate: [deflateSync, inflateSync] } as const;
    for (const [coding, [pack, unpack]] of Object.entries(coders)) {
      const body = pack(Buffer.from(JSON.stringify({ inputs: [input] })));
      const url = `${server.url}${infer}`;
      const headers = { 'content-encoding': coding, 'accept-encoding': coding };
      const { bytes, encoding } = await rawPost(url, body, headers);
      assert.equal(encoding, coding);
      assert.deepEqual(JSON.parse(unpack(bytes).toString()).outputs[0].data, many);
      const plain = await rawPost(url, body, { 'content-encoding': coding, 'accept-encoding': 'br' });
      assert.equal(plain.encoding, undefined);
    }
    const bomb = await oipServer({ bodyBytesMax: 5000 });
    assert.equal(
      (await post(bomb, infer, gzipSync(Buffer.alloc(100_000)), { 'content-encoding': 'gzip' })).status,
      413,
    );
    assert.equal((await post(server, infer, 'x', { 'content-encoding': 'zstd' })).status, 415);
  });

  it('metadata is never compressed: clients of Triton cannot read it', async () => {
    const server = await oipServer();
    const config = await rawPost(`${server.url}/v2/models/scene/config`, undefined, { 'accept-encoding': 'gzip, br' });
    assert.ok(config.bytes.length > 1024);
    assert.equal(config.encoding, undefined);
  });

  it('classification gives texts, with labels where elements are classes', async () => {
    const server = await oipServer();
    const inputs = [{ name: 'pixels', shape: [1, 2, 2, 3], datatype: 'UINT8', data: new Array(12).fill(0) }];
    const outputs = [{ name: 'scores', parameters: { classification: 2 } }];
    const { json } = await post(server, '/v2/models/street/infer', { inputs, outputs });
    const data = ['8.000000:1:kerb', '1.500000:2:sky'];
    assert.deepEqual(json.outputs, [{ name: 'scores', datatype: 'BYTES', shape: [2], data }]);
  });

  it('`timeout` is microseconds; parameters of sequences and priorities change nothing', async () => {
    const server = await oipServer();
    const parameters = { sequence_id: 5, sequence_start: true, sequence_end: false, priority: 2, own: 'x', none: null };
    await post(server, infer, { inputs: [x()], parameters: { ...parameters, timeout: 1500 } });
    await post(server, infer, { inputs: [x()], parameters: { ...parameters, timeout: 0 } });
    await post(server, infer, { inputs: [x()], parameters: null, id: null, outputs: null });
    assert.deepEqual(
      server.engine.tensors.map(({ deadlineMs }) => deadlineMs),
      [2, undefined, undefined],
    );
    const { json, status } = await post(server, infer, { inputs: [x()], parameters: { timeout: 'soon' } });
    assert.deepEqual(
      [status, json.error],
      [400, 'Expected `timeout` to be a whole number of microseconds but received soon.'],
    );
  });

  it('a caller who leaves is told to the engine', async () => {
    const server = await oipServer();
    const started = Promise.withResolvers<AbortSignal>();
    server.engine.instead = (signal) => {
      started.resolve(signal);
      return new Promise(() => {});
    };
    const leaving = new AbortController();
    const body = JSON.stringify({ inputs: [x()] });
    const request = fetch(`${server.url}${infer}`, { method: 'POST', body, signal: leaving.signal }).catch(() => {});
    const signal = await started.promise;
    assert.equal(signal.aborted, false);
    leaving.abort();
    await new Promise((resolve) => (signal.aborted ? resolve(0) : signal.addEventListener('abort', resolve)));
    await request;
  });

  const wrong: readonly [name: string, body: unknown, message: RegExp][] = [
    ['no JSON', '{', /JSON/],
    ['an empty body', '', /./],
    ['a list', [], /the request to be a JSON object/],
    ['no inputs', {}, /`inputs`/],
    ['an empty list of inputs', { inputs: [] }, /at least one tensor/],
    ['an input that is none', { inputs: [3] }, /./],
    ['an input without a name', { inputs: [{ ...x(), name: undefined }] }, /name of an input/],
    ['an input without a datatype', { inputs: [{ ...x(), datatype: undefined }] }, /datatype of "x"/],
    ['BF16', { inputs: [{ ...x(), datatype: 'BF16' }] }, /BF16/],
    ['an input without a shape', { inputs: [{ ...x(), shape: undefined }] }, /`shape` of "x"/],
    ['a shape of texts', { inputs: [{ ...x(), shape: ['2'] }] }, /`shape` of "x"/],
    ['a negative side', { inputs: [{ ...x(), shape: [-1, 2] }] }, /shape of "x".*-1/],
    ['an input without data', { inputs: [{ ...x(), data: undefined }] }, /`data` of "x"/],
    ['too much data', { inputs: [x([1, 2, 3])] }, /Expected 2 elements in "x".*received 3/],
    ['data and binary data', { inputs: [{ ...binaryX, data: [1, 2] }] }, /either in `data` or/],
    ['binary data that is not there', { inputs: [binaryX] }, /8 bytes behind the JSON for "x"/],
    ['a size that is none', { inputs: [{ ...binaryX, parameters: { binary_data_size: -1 } }] }, /binary_data_size/],
    ['an id that is none', { id: 5, inputs: [x()] }, /`id`/],
    ['an output without a name', { inputs: [x()], outputs: [{}] }, /name of an output/],
    ['an output that is none', { inputs: [x()], outputs: [{ name: 'z' }] }, /"z"/],
    [
      'a flag that is none',
      { inputs: [x()], outputs: [{ name: 'x', parameters: { binary_data: 'yes' } }] },
      /binary_data/,
    ],
    [
      'classes that are none',
      { inputs: [x()], outputs: [{ name: 'x', parameters: { classification: -1 } }] },
      /classification/,
    ],
    ['a parameter that is none', { inputs: [x()], parameters: { a: { b: 1 } } }, /parameter "a"/],
  ];
  for (const [name, body, message] of wrong) {
    it(`${name} is refused with 400`, async () => {
      const { status, json } = await post(await oipServer(), infer, body);
      assert.equal(status, 400);
      assert.match(json.error, message);
    });
  }

  it('lengths that do not fit are refused', async () => {
    const server = await oipServer();
    const longer = await postBinary(server, infer, { inputs: [binaryX] }, [floats(1, 2, 3)]);
    assert.match(longer.json.error, /no bytes behind .* but received 4 more/);
    for (const length of ['1000000', 'x', '-1']) {
      const { status, json } = await post(
        server,
        infer,
        { inputs: [x()] },
        { 'inference-header-content-length': length },
      );
      assert.deepEqual([status, /Inference-Header-Content-Length/.test(json.error)], [400, true], length);
    }
  });

  it('shared memory is refused by name', async () => {
    const parameters = { shared_memory_region: 'r', shared_memory_byte_size: 8 };
    const server = await oipServer();
    for (const body of [
      { inputs: [{ ...x(), parameters }] },
      { inputs: [x()], outputs: [{ name: 'x', parameters }] },
    ]) {
      const { status, json } = await post(server, infer, body);
      assert.deepEqual([status, /Shared memory is not supported/.test(json.error)], [501, true]);
    }
  });
});

describe('pictures as BYTES', limits, () => {
  const picture = (count = 1) => ({
    name: 'image',
    shape: [count],
    datatype: 'BYTES',
    parameters: { binary_data_size: 7 * count },
  });
  const scene = '/v2/models/scene/infer';

  it('get the answer that the model’s task is about', async () => {
    const server = await oipServer();
    const cases: readonly [string, string][] = [
      ['scene', 'labels'],
      ['matte', 'alpha'],
    ];
    for (const [model, answer] of cases) {
      const request = { inputs: [picture()], parameters: { binary_data_output: true } };
      const { json, binary } = await postBinary(server, `/v2/models/${model}/infer`, request, [bytesTensor('abc')]);
      const parameters = { binary_data_size: binary.length, content_type: 'image/png' };
      assert.deepEqual(json.outputs, [{ name: answer, datatype: 'BYTES', shape: [1], parameters }]);
      assert.equal(binary.subarray(5).toString(), `${answer} as png of abc`);
    }
  });

  it('answers are named as outputs or as a parameter; options are parameters', async () => {
    const server = await oipServer();
    const named = {
      inputs: [picture()],
      outputs: [{ name: 'cutout' }, { name: 'stats' }],
      parameters: { format: 'webp' },
    };
    const { json } = await postBinary(server, scene, named, [bytesTensor('abc')]);
    assert.deepEqual(json.outputs[1].data, ['stats as json of abc']);
    assert.deepEqual(json.outputs[0].parameters, { content_encoding: 'base64', content_type: 'image/webp' });
    assert.equal(Buffer.from(json.outputs[0].data[0], 'base64').toString('latin1'), '\xffcutout as webp of abc');
    const parameters = { answer: 'stats,alpha', threshold: 0.25, size: '64x48', timeout: 3000, deadlineMs: 9 };
    await postBinary(server, scene, { inputs: [picture()], parameters }, [bytesTensor('abc')]);
    const { answers, threshold, size, deadlineMs } = server.engine.pictures.at(-1)!;
    assert.deepEqual(answers, [
      { kind: 'stats', format: 'json' },
      { kind: 'alpha', format: 'png' },
    ]);
    assert.deepEqual([threshold, size, deadlineMs], [0.25, { width: 64, height: 48 }, 3]);
  });

  it('an option reaches the answers that it is about', async () => {
    const server = await oipServer();
    const parameters = { answer: 'labels,overlay,alpha', opacity: 0.25, classes: 'sky', decontaminate: true, topK: 3 };
    await postBinary(server, scene, { inputs: [picture()], parameters }, [bytesTensor('abc')]);
    assert.deepEqual(server.engine.pictures[0]?.answers, [
      { kind: 'labels', format: 'png' },
      { kind: 'overlay', format: 'png', opacity: 0.25 },
      { kind: 'alpha', format: 'png', classes: ['sky'] },
    ]);
  });

  it('several are answered together, in the shape they came in', async () => {
    const server = await oipServer();
    const input = { ...picture(2), shape: [2, 1] };
    const request = { inputs: [input], parameters: { answer: 'stats' } };
    const { json } = await postBinary(server, scene, request, [bytesTensor('abc', 'def')]);
    assert.deepEqual(json.outputs[0].shape, [2, 1]);
    assert.deepEqual(json.outputs[0].data, ['stats as json of abc', 'stats as json of def']);
  });

  it('the first that fails ends the request and frees the others', async () => {
    const server = await oipServer();
    const sent = [bytesTensor('\0bc', 'def')];
    const { status } = await postBinary(server, scene, { inputs: [picture(2)] }, sent);
    assert.equal(status, 400);
    assert.deepEqual(
      server.engine.pictures.map(({ signal }) => signal?.aborted),
      [true, true],
    );
  });

  it('raw answers are tensors', async () => {
    const server = await oipServer();
    const parameters = { format: 'raw' };
    const one = await postBinary(server, scene, { inputs: [picture()], parameters }, [bytesTensor('abc')]);
    const data = [7, 7, 7, 7, 7, 7];
    assert.deepEqual(one.json.outputs, [{ name: 'labels', datatype: 'UINT8', shape: [2, 3], data }]);
    const two = await postBinary(server, scene, { inputs: [picture(2)], parameters }, [bytesTensor('abc', 'def')]);
    assert.deepEqual(two.json.outputs[0].shape, [2, 2, 3]);
    const tensor = { inputs: [picture()], parameters: { ...parameters, answer: 'tensor' } };
    assert.equal((await postBinary(server, scene, tensor, [bytesTensor('abc')])).json.outputs[0].name, 'tensor');
    const odd = { inputs: [{ ...picture(2), parameters: { binary_data_size: 15 } }], parameters };
    assert.match(
      (await postBinary(server, scene, odd, [bytesTensor('abc', 'defg')])).json.error,
      /pictures of one size/,
    );
    const alpha = { inputs: [picture()], parameters: { ...parameters, answer: 'alpha' } };
    assert.match((await postBinary(server, scene, alpha, [bytesTensor('abc')])).json.error, /labels or tensor/);
  });

  it('in JSON they are base64', async () => {
    const server = await oipServer();
    const input = { name: 'image', shape: [1], datatype: 'BYTES' };
    for (const text of ['YWJj', 'data:image/png;base64,YWJj']) {
      await post(server, scene, { inputs: [{ ...input, data: [text] }] });
      assert.equal(Buffer.from(server.engine.pictures.at(-1)!.image).toString(), 'abc');
    }
    const { json } = await post(server, scene, { inputs: [{ ...input, data: ['a b*'] }] });
    assert.match(json.error, /base64 in `image`/);
  });

  it('a body that is a picture needs no JSON', async () => {
    const server = await oipServer();
    const headers = { 'inference-header-content-length': '0', 'content-type': 'image/jpeg' };
    const { json, binary } = await post(server, '/v2/models/matte/infer', 'abc', headers);
    assert.equal(json.outputs[0].name, 'alpha');
    assert.equal(binary.subarray(5).toString(), 'alpha as png of abc');
  });

  it('are the graph’s own business where it has a text input of that name, or knows nothing of pictures', async () => {
    const server = await oipServer();
    const input = { name: 'image', shape: [1], datatype: 'BYTES', data: ['YWJj'] };
    for (const model of ['words', 'mirror']) {
      const { json } = await post(server, `/v2/models/${model}/infer`, { inputs: [input] });
      assert.deepEqual(json.outputs[0].data, ['YWJj'], model);
    }
    const base64 = { ...input, parameters: { content_type: 'base64' } };
    assert.deepEqual((await post(server, '/v2/models/words/infer', { inputs: [base64] })).json.outputs[0].data, [
      'abc',
    ]);
    assert.equal(server.engine.pictures.length, 0);
  });

  const wrong: readonly [name: string, request: object, message: RegExp][] = [
    ['an unknown answer', { parameters: { answer: 'mask' } }, /answers of the model \(labels, .*received mask/],
    ['an answer that this model has not', { parameters: { answer: 'svg' } }, /answers of the model .*received svg/],
    ['an output that is no answer', { outputs: [{ name: 'scores' }] }, /received scores/],
    [
      'outputs beside the answers',
      { outputs: [{ name: 'stats' }], parameters: { answer: 'labels' } },
      /among `answer`/,
    ],
    ['an unknown option', { parameters: { qualtiy: 3 } }, /Did you mean "quality"/],
    ['a format that the answer has not', { parameters: { format: 'gif' } }, /raw or one of png, webp/],
    ['classification', { outputs: [{ name: 'labels', parameters: { classification: 1 } }] }, /cannot be classified/],
    ['too many pictures', { inputs: [{ ...picture(3), shape: [3] }] }, /1 to 2 pictures in "image"/],
    ['a square of pictures', { inputs: [{ ...picture(4), shape: [2, 2] }] }, /shape \[N\] or \[N,1\]/],
  ];
  for (const [name, request, message] of wrong) {
    it(`${name} is refused`, async () => {
      const server = await oipServer({ imagesMax: 2 });
      const all = { inputs: [picture()], ...request };
      const count = all.inputs[0]!.parameters.binary_data_size / 7;
      const sent = bytesTensor(...new Array<string>(count).fill('abc'));
      const { status, json } = await postBinary(server, scene, all, [sent]);
      assert.equal(status, 400);
      assert.match(json.error, message);
    });
  }
});

describe('the repository, statistics and settings', limits, () => {
  it('an index of every version, with the reason why one does not answer', async () => {
    const server = await oipServer();
    server.engine.states.set('mirror:2', 'unloaded').set('scene:1', 'loading');
    const { json } = await post(server, '/v2/repository/index', '');
    const lines = json.map((entry: Record<string, string>) => Object.values(entry).join(' ').trim());
    assert.deepEqual(lines.toSorted(), [
      'fixed 1 READY',
      'matte 1 READY',
      'mirror 1 READY',
      'mirror 2 UNAVAILABLE unloaded',
      'pair 1 READY',
      'scene 1 LOADING',
      'street 1 LOADING',
      'words 1 READY',
    ]);
    const ready = await post(server, '/v2/repository/index', { ready: true });
    assert.equal(ready.json.length, 5);
    assert.equal((await post(server, '/v2/repository/index', { ready: 'yes' })).status, 400);
  });

  it('loads and unloads all versions of a name', async () => {
    const server = await oipServer();
    assert.equal(
      (await post(server, '/v2/repository/models/mirror/unload', { parameters: { unload_dependents: false } })).status,
      200,
    );
    assert.equal((await ask(server, '/v2/models/mirror/ready')).status, 400);
    assert.equal((await post(server, '/v2/repository/models/mirror/load', '')).status, 200);
    assert.equal((await post(server, '/v2/repository/models/fixed/load', '{}')).status, 200);
    assert.deepEqual(server.engine.moved, [
      'unload mirror:1',
      'unload mirror:2',
      'load mirror:1',
      'load mirror:2',
      'load mirror:1',
    ]);
    assert.equal((await post(server, '/v2/repository/models/nope/load', '')).status, 404);
    const override = await post(server, '/v2/repository/models/mirror/load', { parameters: { config: '{}' } });
    assert.deepEqual([override.status, /"config" cannot be given/.test(override.json.error)], [501, true]);
  });

  it('but only where the operator allows it', async () => {
    const server = await oipServer({ modelControl: 'none' });
    for (const action of ['load', 'unload']) {
      assert.equal((await post(server, `/v2/repository/models/mirror/${action}`, '')).status, 501);
    }
    assert.deepEqual(server.engine.moved, []);
  });

  it('counts what succeeded and what failed, of each version', async () => {
    const server = await oipServer();
    await post(server, '/v2/models/mirror/infer', { inputs: [x()] });
    await post(server, '/v2/models/mirror/versions/1/infer', { inputs: [x()] });
    await post(server, '/v2/models/mirror/infer', { inputs: [x()], outputs: [{ name: 'z' }] });
    const { json } = await ask(server, '/v2/models/mirror/stats');
    const facts = json.model_stats.map(
      (one: { version: string; inference_stats: Record<string, { count: number }> }) => [
        one.version,
        one.inference_stats.success!.count,
        one.inference_stats.fail!.count,
      ],
    );
    assert.deepEqual(facts, [
      ['1', 1, 0],
      ['2', 1, 1],
    ]);
    const [second] = (await ask(server, '/v2/models/mirror/versions/2/stats')).json.model_stats;
    assert.deepEqual([second.inference_count, second.execution_count], [1, 1]);
    assert.deepEqual(second.inference_stats.queue, { count: 1, ns: 500_000 });
    assert.deepEqual(second.inference_stats.compute_infer, { count: 1, ns: 10_000_000 });
    assert.deepEqual(
      second.batch_stats.map(({ batch_size }: { batch_size: number }) => batch_size),
      [1],
    );
    assert.equal((await ask(server, '/v2/models/stats')).json.model_stats.length, 8);
    assert.equal((await ask(server, '/v2/models/nope/stats')).status, 404);
  });

  it('trace and log settings can be read, and set to what they are', async () => {
    const server = await oipServer();
    for (const path of ['/v2/trace/setting', '/v2/models/mirror/trace/setting', '/v2/logging']) {
      const { json } = await ask(server, path);
      assert.deepEqual((await post(server, path, json)).json, json);
      assert.deepEqual((await post(server, path, '')).json, json);
    }
    assert.equal((await post(server, '/v2/trace/setting', { trace_level: ['TIMESTAMPS'] })).status, 501);
    assert.equal((await post(server, '/v2/trace/setting', { trace_level: null })).status, 200);
    assert.equal((await post(server, '/v2/logging', { log_verbose_level: 1 })).status, 501);
    assert.equal((await post(server, '/v2/logging', { toString: 1 })).status, 501);
  });

  it('there is no shared memory', async () => {
    const server = await oipServer();
    for (const kind of ['systemsharedmemory', 'cudasharedmemory']) {
      assert.deepEqual((await ask(server, `/v2/${kind}/status`)).json, []);
      assert.equal((await post(server, `/v2/${kind}/unregister`, '')).status, 200);
      for (const action of ['register', 'unregister']) {
        assert.equal((await post(server, `/v2/${kind}/region/r/${action}`, '{}')).status, 501);
      }
      assert.equal((await ask(server, `/v2/${kind}/region/r/status`)).status, 501);
    }
  });
});

/** Without fetch's own unpacking. */
async function rawPost(url: string, body: Uint8Array | undefined, headers: Record<string, string>) {
  const { request } = await import('node:http');
  return new Promise<{ bytes: Buffer; encoding: string | undefined }>((resolve, reject) => {
    const sent = request(url, { method: body ? 'POST' : 'GET', headers }, async (response) => {
      const bytes = Buffer.concat(await response.toArray());
      resolve({ bytes, encoding: response.headers['content-encoding'] });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
