import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { ProblemSchema, SegmentJsonReplySchema } from '@segserve/contract';
import { type NativeServer, nativeServer, photo, postJson, postPhoto } from './nativeServer.test-support.ts';

const limits = { timeout: 20_000 };
const base64 = photo.toString('base64');

async function problemIn(reply: Response, status: number, code: string): Promise<string> {
  assert.equal(reply.status, status);
  assert.match(reply.headers.get('content-type') ?? '', /^application\/problem\+json/);
  const problem = ProblemSchema.parse(await reply.json());
  assert.equal(problem.code, code);
  assert.equal(problem.status, status);
  assert.equal(problem.type, `/errors/${code}`);
  assert.equal(problem.instance, reply.headers.get('x-request-id'));
  return problem.detail;
}

describe('a picture', limits, () => {
  let server: NativeServer;
  before(async () => {
    server = await nativeServer();
  });

  it('goes as a raw body, with options in the query', async () => {
    const query = 'answer=overlay&quality=80&opacity=0.3&threshold=0.7&deadlineMs=5000&format=webp';
    const reply = await postPhoto(`${server.segmentUrl}?${query}`, { 'x-request-id': 'abc' });
    assert.equal(reply.status, 200);
    assert.equal(reply.headers.get('content-type'), 'image/webp');
    assert.equal(reply.headers.get('content-disposition'), 'inline; filename="overlay.webp"');
    assert.equal(reply.headers.get('x-segserve-model'), 'portrait:1');
    assert.equal(reply.headers.get('x-request-id'), 'abc');
    assert.match(
      reply.headers.get('server-timing') ?? '',
      /queue;.*decode;.*preprocess;.*infer;.*encode;.*total;dur=\d/,
    );
    assert.equal(await reply.text(), 'overlay as webp');
    const { image, signal, ...request } = server.engine.requests.at(-1)!;
    assert.deepEqual(Buffer.from(image), photo);
    assert.equal(signal?.aborted, false);
    assert.deepEqual(request, {
      model: 'portrait',
      answers: [{ kind: 'overlay', format: 'webp', quality: 80, opacity: 0.3 }],
      requestId: 'abc',
      threshold: 0.7,
      deadlineMs: 5000,
    });
  });

  it('goes without a content type too, or as application/octet-stream', async () => {
    const reply = await fetch(server.segmentUrl, { method: 'POST', body: new Uint8Array(photo) });
    assert.equal(reply.status, 200);
    assert.equal((await postPhoto(server.segmentUrl, { 'content-type': 'application/octet-stream' })).status, 200);
  });

  it('goes as a form with fields', async () => {
    const form = new FormData();
    form.set('image', new Blob([photo], { type: 'image/jpeg' }), 'photo.jpg');
    form.append('answer', 'alpha');
    form.append('answer', 'stats');
    form.set('classes', 'person, 3');
    const reply = await fetch(server.segmentUrl, { method: 'POST', body: form });
    assert.match(reply.headers.get('content-type') ?? '', /^multipart\/mixed; boundary=/);
    const { image, answers } = server.engine.requests.at(-1)!;
    assert.deepEqual(Buffer.from(image), photo);
    assert.deepEqual(answers, [
      { kind: 'alpha', format: 'png', classes: ['person', '3'] },
      { kind: 'stats', format: 'json' },
    ]);
    await reply.arrayBuffer();
  });

  it('goes as JSON: base64, URL-safe base64 or a data: URL', async () => {
    const texts = [base64, photo.toString('base64url'), `data:image/jpeg;base64,${base64}`];
    for (const image of texts) {
      const reply = await postJson(server.segmentUrl, { image, answer: 'alpha', quality: null });
      assert.equal(await reply.text(), 'alpha as png');
      assert.deepEqual(Buffer.from(server.engine.requests.at(-1)!.image), photo);
    }
  });

  it('of several megabytes arrives byte for byte as JSON', async () => {
    const large = Buffer.alloc(5_000_000, 'some seed');
    await postJson(server.segmentUrl, { image: large.toString('base64'), answer: ['alpha'] });
    assert.ok(large.equals(server.engine.requests.at(-1)!.image));
  });

  it('goes to a model with its version, percent-encoded or not', async () => {
    for (const ref of ['portrait:1', 'portrait%3A1', 'portrait:latest']) {
      const reply = await postPhoto(`${server.url}/v1/models/${ref}/segment`);
      assert.equal(reply.headers.get('x-segserve-model'), 'portrait:1');
      assert.equal(server.engine.requests.at(-1)!.model, decodeURIComponent(ref));
      await reply.arrayBuffer();
    }
  });
});

describe('the answer', limits, () => {
  let server: NativeServer;
  before(async () => {
    server = await nativeServer();
  });

  const single: [model: string, query: string, accept: string, answer: string][] = [
    ['portrait', '', '*/*', 'cutout as png'],
    ['portrait', '', 'image/webp', 'cutout as webp'],
    ['portrait', '', 'image/jpeg', 'overlay as jpeg'],
    ['portrait', '', 'image/avif,image/webp,*/*;q=0.8', 'cutout as avif'],
    ['portrait', '?format=jpeg', '*/*', 'overlay as jpeg'],
    ['scene', '', '*/*', 'color as png'],
    ['scene', '', 'image/webp', 'overlay as webp'],
    ['scene', '', 'image/png', 'color as png'],
    ['scene', '?answer=labels', '*/*', 'labels as png'],
    ['scene', '?answer=overlay', 'image/webp', 'overlay as webp'],
    ['scene', '?answer=overlay&format=png', '*/*', 'overlay as png'],
    ['scene', '?answer=cutout', 'application/json, text/plain, */*', 'cutout as png'],
    ['scene', '?answer=cutout,cutout', '*/*', 'cutout as png'],
    ['scene', '', 'application/json', '{"width":2,"height":1,"classes":[]}'],
    ['scene', '?answer=stats&format=webp', '*/*', '{"width":2,"height":1,"classes":[]}'],
  ];
  for (const [model, query, accept, expected] of single) {
    it(`of ${model} to ${query || 'no option'} with Accept: ${accept} is ${expected}`, async () => {
      const reply = await postPhoto(`${server.url}/v1/models/${model}/segment${query}`, { accept });
      assert.equal(await reply.text(), expected);
      assert.equal(reply.status, 200);
    });
  }

  it('when several comes as multipart/mixed, each part with its type and name', async () => {
    const reply = await postPhoto(`${server.segmentUrl}?answer=cutout,stats`);
    const boundary = /boundary=(\S+)/.exec(reply.headers.get('content-type') ?? '')![1];
    const parts = (await reply.text()).split(`--${boundary}`);
    assert.equal(parts.length, 4);
    assert.match(
      parts[1]!,
      /Content-Type: image\/png\r\nContent-Disposition: attachment; name="cutout"; filename="cutout.png"/,
    );
    assert.match(parts[1]!, /\r\n\r\ncutout as png\r\n$/);
    assert.match(parts[2]!, /Content-Type: application\/json\r\nContent-Disposition: attachment; name="stats"/);
    assert.equal(parts[3], '--\r\n');
  });

  it('when several comes as JSON where response=json or Accept says so', async () => {
    const asked = [
      await postPhoto(`${server.segmentUrl}?answer=cutout,stats&response=json`),
      await postPhoto(`${server.segmentUrl}?answer=cutout,stats`, { accept: 'application/json' }),
    ];
    for (const reply of asked) {
      const body = SegmentJsonReplySchema.parse(await reply.json());
      assert.equal(body.model, 'portrait:1');
      assert.deepEqual(body.answers, [
        { answer: 'cutout', contentType: 'image/png', data: Buffer.from('cutout as png').toString('base64') },
        { answer: 'stats', contentType: 'application/json', data: { width: 2, height: 1, classes: [] } },
      ]);
    }
  });

  it('when one comes as JSON with response=json, or where Accept leaves nothing else', async () => {
    const asked = [
      await postPhoto(`${server.segmentUrl}?response=json`),
      await postPhoto(`${server.segmentUrl}?answer=cutout`, { accept: 'application/json' }),
    ];
    for (const reply of asked) {
      const { answers } = SegmentJsonReplySchema.parse(await reply.json());
      assert.deepEqual(
        answers.map(({ answer }) => answer),
        ['cutout'],
      );
    }
  });

  it('to Accept: multipart/mixed is the usual set of the task', async () => {
    await postPhoto(server.segmentUrl, { accept: 'multipart/mixed' });
    assert.deepEqual(
      server.engine.requests.at(-1)!.answers.map(({ kind }) => kind),
      ['cutout', 'alpha', 'stats'],
    );
  });

  it('that Accept rules out is refused with what can be had', async () => {
    const reply = await postPhoto(server.segmentUrl, { accept: 'text/html' });
    assert.match(await problemIn(reply, 406, 'not_acceptable'), /image\/png.*multipart\/mixed.*received text\/html/);
    const second = await postPhoto(`${server.segmentUrl}?answer=stats`, { accept: 'image/png' });
    assert.match(await problemIn(second, 406, 'not_acceptable'), /application\/json/);
  });

  it('with pictures in JSON is not compressed again, statistics are', async () => {
    const big = Buffer.from(JSON.stringify({ classes: 'x'.repeat(5000) }));
    server.engine.instead = async (request) => ({
      model: 'portrait:1',
      width: 1,
      height: 1,
      answers: request.answers.map(({ kind }) => ({
        kind,
        format: 'json',
        contentType: 'application/json',
        bytes: big,
      })),
      timings: { queue: 0, decode: 0, preprocess: 0, infer: 0, postprocess: 0, encode: 0 },
      batchSize: 1,
    });
    const encodingOf = async (query: string) =>
      (await postPhoto(server.segmentUrl + query, { 'accept-encoding': 'gzip' })).headers.get('content-encoding');
    assert.equal(await encodingOf('?answer=stats'), 'gzip');
    assert.equal(await encodingOf('?answer=stats&response=json'), null);
    server.engine.instead = undefined;
  });
});

describe('a wrong request', limits, () => {
  let server: NativeServer;
  before(async () => {
    server = await nativeServer();
  });

  const cases: [
    says: string,
    send: (url: string) => Promise<Response>,
    status: number,
    code: string,
    detail: RegExp,
  ][] = [
    [
      'an unknown model',
      (url) => postPhoto(url.replace('portrait', 'nope')),
      404,
      'unknown_model',
      /portrait:1, scene:1/,
    ],
    [
      'an unknown answer',
      (url) => postPhoto(`${url}?answer=mask`),
      400,
      'unknown_answer',
      /"mask".*labels \(png, webp, tiff\).*stats/,
    ],
    ['an unknown field', (url) => postPhoto(`${url}?anwser=alpha`), 400, 'invalid_request', /"anwser".*mean "answer"/],
    ['an unknown JSON key', (url) => postJson(url, { imgae: base64 }), 400, 'invalid_request', /"imgae".*mean "image"/],
    [
      'a query that reaches for prototypes',
      (url) => postPhoto(`${url}?__proto__=1`),
      400,
      'invalid_request',
      /__proto__/,
    ],
    [
      'JSON with __proto__',
      (url) => postJson(url, `{"image":"${base64}","__proto__":{}}`),
      400,
      'invalid_request',
      /__proto__/,
    ],
    ['JSON that is none', (url) => postJson(url, '{"image":'), 400, 'invalid_request', /not valid JSON/],
    [
      'JSON without a picture',
      (url) => postJson(url, {}),
      400,
      'invalid_request',
      /base64 in `image` but received no `image`/,
    ],
    ['an empty picture in JSON', (url) => postJson(url, { image: '' }), 400, 'empty_image', /no bytes/],
    ['bad base64', (url) => postJson(url, { image: 'AAAA*' }), 400, 'invalid_request', /"\*" at character 5/],
    [
      'a number out of range',
      (url) => postPhoto(`${url}?opacity=3`),
      400,
      'invalid_request',
      /`opacity`.*at most 1 .*received 3/,
    ],
    [
      'a word for a number',
      (url) => postPhoto(`${url}?quality=high`),
      400,
      'invalid_request',
      /`quality`.*number.*received high/,
    ],
    [
      'half a number',
      (url) => postPhoto(`${url}?quality=1.5`),
      400,
      'invalid_request',
      /`quality`.*whole number.*1\.5/,
    ],
    ['an empty option', (url) => postPhoto(`${url}?quality=`), 400, 'invalid_request', /`quality` is empty/],
    ['an option twice', (url) => postPhoto(`${url}?quality=1&quality=2`), 400, 'invalid_request', /more than once/],
    [
      'true for a number',
      (url) => postJson(url, { image: base64, opacity: true }),
      400,
      'invalid_request',
      /`opacity`.*true/,
    ],
    [
      'a format that the answer has not',
      (url) => postPhoto(`${url}?answer=color&format=webp`),
      400,
      'invalid_request',
      /png, tiff as the format of color.*webp/,
    ],
    [
      'a picture as format=json',
      (url) => postPhoto(`${url}?answer=alpha&format=json`),
      400,
      'invalid_request',
      /response=json/,
    ],
    [
      'an option in two places',
      (url) => postJson(`${url}?quality=1`, { image: base64, quality: 2 }),
      400,
      'invalid_request',
      /both/,
    ],
    [
      'a wrong content type',
      (url) => postPhoto(url, { 'content-type': 'text/plain' }),
      415,
      'unsupported_media_type',
      /image\/\*.*received text\/plain/,
    ],
    [
      'the type that curl invents',
      (url) => postPhoto(url, { 'content-type': 'application/x-www-form-urlencoded' }),
      415,
      'unsupported_media_type',
      /-F image=@/,
    ],
    [
      'a content type that is none',
      (url) => postPhoto(url, { 'content-type': 'jpeg' }),
      415,
      'unsupported_media_type',
      /./,
    ],
    [
      'a compressed body',
      (url) => postPhoto(url, { 'content-encoding': 'gzip' }),
      415,
      'unsupported_media_type',
      /Content-Encoding/,
    ],
    [
      'a form without boundary',
      (url) => postPhoto(url, { 'content-type': 'multipart/form-data' }),
      400,
      'invalid_request',
      /boundary/,
    ],
    [
      'an empty body',
      (url) => fetch(url, { method: 'POST', headers: { 'content-type': 'image/png' } }),
      400,
      'empty_image',
      /bytes of a picture/,
    ],
    ['an empty body without type', (url) => fetch(url, { method: 'POST' }), 400, 'empty_image', /empty/],
    [
      'a body above the limit',
      (url) => fetch(url, { method: 'POST', body: new Uint8Array(9_000_000) }),
      413,
      'body_too_large',
      /at most 8 MiB but received 8\.6 MiB/,
    ],
    ['GET where a picture belongs', (url) => fetch(url), 405, 'method_not_allowed', /POST/],
    [
      'a path with a broken percent sign',
      (url) => postPhoto(url.replace('portrait', '%zz')),
      400,
      'invalid_request',
      /%/,
    ],
  ];
  for (const [says, send, status, code, detail] of cases) {
    it(`with ${says} gets ${status} ${code}, and the next one is answered`, async () => {
      assert.match(await problemIn(await send(server.segmentUrl), status, code), detail);
      assert.equal((await postPhoto(server.segmentUrl)).status, 200);
    });
  }

  it('with a form lacking the picture is told how curl sends one', async () => {
    const form = new FormData();
    form.set('answer', 'alpha');
    const reply = await fetch(server.segmentUrl, { method: 'POST', body: form });
    assert.match(await problemIn(reply, 400, 'invalid_request'), /-F image=@photo\.jpg/);
  });
});
