import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { hubServer, photo, pictureOf, predict } from './hubServer.ts';

const server = await hubServer();
const picture = await photo();

describe('POST /predict/humanseg_server', () => {
  const done = async (body: unknown, options = {}) => {
    const reply = await predict(server, body, options);
    assert.equal(reply.http, 200);
    assert.deepEqual([reply.body?.status, reply.body?.msg], ['000', ''], reply.text.slice(0, 300));
    return reply.body?.results as { data: string }[];
  };
  const fails = async (body: unknown, status: string, msg: string | RegExp, options = {}) => {
    const reply = await predict(server, body, options);
    assert.equal(reply.http, 200);
    assert.equal(reply.type, 'application/json');
    assert.equal(reply.body?.status, status);
    assert.equal(reply.body?.results, '');
    if (typeof msg === 'string') assert.equal(reply.body?.msg, msg);
    else assert.match(String(reply.body?.msg), msg);
  };

  it('answers a picture with a grey JPEG of its size', async () => {
    const results = await done({ images: [picture] });
    assert.equal(results.length, 1);
    assert.deepEqual(Object.keys(results[0] ?? {}), ['data']);
    assert.deepEqual(await pictureOf(results[0]?.data), { format: 'jpeg', width: 40, height: 20, channels: 1 });
    const { answers, model, signal } = server.requests.at(-1)!;
    assert.deepEqual(answers, [{ kind: 'alpha', format: 'jpeg', quality: 95 }]);
    assert.equal(model, 'portrait');
    assert.equal(signal?.aborted, false);
  });

  it('answers pictures of different sizes in order', async () => {
    const sizes = [40, 64, 16, 33, 8, 70, 20, 30, 50, 60, 71];
    const images = await Promise.all(sizes.map((width) => photo(width, 10)));
    const results = await done({ images, batch_size: 2 });
    const widths = await Promise.all(results.map(async ({ data }) => (await pictureOf(data)).width));
    assert.deepEqual(widths, sizes);
  });

  it('writes the keys in the order of Flask, and a newline at the end', async () => {
    const reply = await predict(server, { images: [] });
    assert.equal(reply.text, '{"msg":"","results":[],"status":"000"}\n');
  });

  it('answers no pictures with no results', async () => {
    assert.deepEqual(await done({ images: [], visualization: false }), []);
  });

  it('says that a module is not available before it looks at the body', async () => {
    const options = { module: 'nobody', type: 'text/plain' };
    await fails('{', '111', 'Module nobody is not available.', options);
    await fails('{', '111', 'Module 人 is not available.', { ...options, module: encodeURIComponent('人') });
    const reply = await predict(server, '{', { module: encodeURIComponent('人') });
    assert.ok(reply.text.includes('人'), 'not escaped');
  });

  it('says that a body that is not declared as JSON is out of date, and so is null', async () => {
    const text =
      "This usage is out of date, please use 'application/json' as content-type to post to /predict/humanseg_server. " +
      "See 'https://github.com/PaddlePaddle/PaddleHub/blob/release/v1.6/docs/tutorial/serving.md' for more details.";
    await fails('images=1', '112', text, { type: 'application/x-www-form-urlencoded' });
    await fails('{"images":[]}', '112', text, { type: null });
    await fails('{"images":[]}', '112', text, { type: 'text/json' });
    await fails('null', '112', text);
  });

  it('takes any type that is JSON', async () => {
    for (const type of ['application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.hub+json']) {
      assert.deepEqual(await done({ images: [] }, { type }), []);
    }
  });

  for (const body of ['{', '', '{"images":[}', '\u0000', '{"images":["abc]}']) {
    it(`answers ${JSON.stringify(body)}, which is no JSON, with a page of status 400`, async () => {
      const reply = await predict(server, body);
      assert.deepEqual([reply.http, reply.type], [400, 'text/html; charset=utf-8']);
      assert.match(
        reply.text,
        /^<!DOCTYPE HTML .*\n<title>400 Bad Request<\/title>\n<h1>Bad Request<\/h1>\n<p>.+<\/p>\n$/,
      );
    });
  }

  for (const body of ['[]', '[1]', '3', '"text"', 'true', `"${'x'.repeat(5000)}"`, `[${'1,'.repeat(5000)}1]`]) {
    it(`answers ${body.slice(0, 12)}, which is no object, with a page of status 500`, async () => {
      const reply = await predict(server, body);
      assert.deepEqual([reply.http, reply.type], [500, 'text/html; charset=utf-8']);
      assert.match(reply.text, /<title>500 Internal Server Error<\/title>/);
    });
  }

  it('names a missing and an unknown argument as Python does', async () => {
    const missing = "serving_method() missing 1 required positional argument: 'images'";
    await fails({}, '101', missing);
    await fails({ foo: 1 }, '101', missing);
    await fails({ images: [], foo: 1, bar: 2 }, '101', "segment() got an unexpected keyword argument 'foo'");
    // It is dropped over HTTP: no argument of the method is called so.
    await fails({ images: [], save_path: 'x' }, '101', "segment() got an unexpected keyword argument 'save_path'");
  });

  const base64Cases: [unknown, string | RegExp][] = [
    [['a'], 'Invalid base64-encoded string: number of data characters (1) cannot be 1 more than a multiple of 4'],
    [
      ['abcde==='],
      'Invalid base64-encoded string: number of data characters (5) cannot be 1 more than a multiple of 4',
    ],
    [['abc'], 'Incorrect padding'],
    [['ab='], 'Incorrect padding'],
    [['a-_b'], 'Incorrect padding'],
    [['data:image/png;base64,aGk='], 'Incorrect padding'],
    [['!!!'], /!buf\.empty\(\) in function 'imdecode_'/],
    [[''], /!buf\.empty\(\)/],
    [['aGVsbG8='], "'NoneType' object has no attribute 'shape'"],
    [['aGVsbG8=trailing'], "'NoneType' object has no attribute 'shape'"],
    [[3], "'int' object has no attribute 'encode'"],
    [[1.5], "'float' object has no attribute 'encode'"],
    [[null], "'NoneType' object has no attribute 'encode'"],
    [[true], "'bool' object has no attribute 'encode'"],
    [[['x']], "'list' object has no attribute 'encode'"],
    [[{ a: 1 }], "'dict' object has no attribute 'encode'"],
    [null, "'NoneType' object is not iterable"],
    [7, "'int' object is not iterable"],
    [1.5, "'float' object is not iterable"],
    [false, "'bool' object is not iterable"],
    ['abcd', /^Invalid base64-encoded string: number of data characters \(1\)/],
    [`a${'b'.repeat(5000)}`, /^Invalid base64-encoded string: number of data characters \(1\)/],
    [{ abc: 1 }, 'Incorrect padding'],
  ];
  for (const [images, msg] of base64Cases) {
    it(`says of images ${JSON.stringify(images).slice(0, 40)} what Python would`, () => fails({ images }, '101', msg));
  }

  it('reads base64 as Python does: white space and strangers are passed over, what follows padding is left out', async () => {
    const wrapped = picture.replace(/(.{76})/g, '$1\n');
    for (const image of [wrapped, `-${picture}`, `${picture}==`, picture.replace(/=*$/, '$&!*')]) {
      assert.equal((await done({ images: [image] })).length, 1);
    }
    assert.deepEqual(Buffer.from(server.requests.at(-1)!.image).toString('base64'), picture);
  });

  const batchSizes: [unknown, string][] = [
    ['2', "unsupported operand type(s) for /: 'int' and 'str'"],
    [null, "unsupported operand type(s) for /: 'int' and 'NoneType'"],
    [[], "unsupported operand type(s) for /: 'int' and 'list'"],
    [{}, "unsupported operand type(s) for /: 'int' and 'dict'"],
    [0, 'division by zero'],
    [false, 'division by zero'],
    [1.5, "'float' object cannot be interpreted as an integer"],
  ];
  for (const [batch_size, msg] of batchSizes) {
    it(`says of batch_size ${JSON.stringify(batch_size)} what Python would`, () =>
      fails({ images: [picture], batch_size }, '101', msg));
  }

  it('takes whole batch sizes, also larger than the number of pictures; a negative one makes no batches', async () => {
    for (const batch_size of [1, 3, 100, true]) assert.equal((await done({ images: [picture], batch_size })).length, 1);
    assert.deepEqual(await done({ images: [picture], batch_size: -1 }), []);
    assert.deepEqual(await done({ images: [], batch_size: 1.5 }), []);
  });

  it('refuses use_gpu, in the words of a server that has none', async () => {
    const msg = /^Environment Variable CUDA_VISIBLE_DEVICES is not set correctly\./;
    for (const use_gpu of [true, 1, 'yes', [0]]) await fails({ images: [], use_gpu }, '101', msg);
    for (const use_gpu of [false, 0, '', null, [], {}]) assert.deepEqual(await done({ images: [], use_gpu }), []);
  });

  it('fails as a whole when one picture does, with what is wrong with the first wrong one', async () => {
    await fails({ images: [picture, 'aGVsbG8=', picture] }, '101', "'NoneType' object has no attribute 'shape'");
    await fails({ images: ['abc', 3] }, '101', 'Incorrect padding');
  });

  it('takes at most 1000 pictures', async () => {
    assert.equal((await done({ images: Array(1000).fill(picture), batch_size: -1 })).length, 0);
    const msg = 'Expected at most 1000 pictures in one request but received 1001.';
    await fails({ images: Array(1001).fill(picture) }, '101', msg);
  });

  it('takes keys that reach into prototypes for unknown arguments', async () => {
    await fails('{"images":[],"__proto__":{"x":1}}', '101', "segment() got an unexpected keyword argument '__proto__'");
    await fails({ images: [], constructor: 1 }, '101', "segment() got an unexpected keyword argument 'constructor'");
  });
});

it('Of several wrong pictures the first is complained of, whichever fails first', async () => {
  const slow = await hubServer({
    onSegment: async (_request, index) => {
      if (index === 0) await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Fault('image_too_large', `Picture ${index} is too large.`);
    },
  });
  const { msg } = await predict(slow, { images: [picture, picture, picture] });
  assert.equal(msg, 'Picture 0 is too large.');
});

describe('The operator’s settings', () => {
  it('give arguments that the request overrides', async () => {
    const predictArgs = { humanseg_server: { batch_size: 0, images: [] } };
    const server = await hubServer({ settings: { predictArgs } });
    assert.equal((await predict(server, {})).body?.msg, 'division by zero');
    assert.equal((await predict(server, { batch_size: 2 })).text, '{"msg":"","results":[],"status":"000"}\n');
  });

  it('may let use_gpu pass', async () => {
    const server = await hubServer({ settings: { useGpu: true } });
    assert.equal((await predict(server, { images: [], use_gpu: true })).body?.status, '000');
  });
});

describe('Faults of the engine', () => {
  const cases: [Fault, RegExp][] = [
    [new Fault('overloaded', 'Every place is taken.', { retryAfterMs: 1500 }), /^Every place is taken\.$/],
    [new Fault('image_too_large', 'Expected an image of at most 1 megapixel.'), /at most 1 megapixel/],
    [new Fault('corrupt_image', 'The JPEG ends early.'), /^'NoneType' object has no attribute 'shape'$/],
    [new Fault('internal', 'secret of the house'), /^A defect in segserve\./],
  ];
  for (const [fault, msg] of cases) {
    it(`${fault.code} is status 101 with a sentence`, async () => {
      const server = await hubServer({ onSegment: () => Promise.reject(fault) });
      const reply = await predict(server, { images: [await photo()] });
      assert.deepEqual([reply.http, reply.body?.status], [200, '101']);
      assert.match(String(reply.body?.msg), msg);
    });
  }
});
