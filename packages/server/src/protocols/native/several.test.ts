import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SeveralJsonReplySchema } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import type { SegmentRequest } from '../../domain/request.ts';
import { FakeEngine } from './fakeEngine.test-support.ts';
import { nativeServer, postJson } from './nativeServer.test-support.ts';

const limits = { timeout: 20_000 };

interface Part {
  readonly name: string;
  readonly type: string;
  readonly text: string;
}

async function partsOf(reply: Response): Promise<Part[]> {
  const boundary = /boundary=(.+)$/.exec(reply.headers.get('content-type') ?? '')?.[1];
  assert.ok(boundary, 'the reply is multipart');
  const pieces = (await reply.text()).split(`--${boundary}`).slice(1, -1);
  return pieces.map((piece) => {
    const [head = '', text = ''] = piece.split(/\r\n\r\n([\s\S]*)/);
    const name = / name="([^"]*)"/.exec(head)?.[1] ?? '';
    return { name, type: /Content-Type: (.*)\r?/.exec(head)?.[1]?.trim() ?? '', text: text.replace(/\r\n$/, '') };
  });
}

/** A form with these pictures, and others by their field. */
function formOf(images: readonly string[], others: Readonly<Record<string, string | Blob>> = {}): FormData {
  const form = new FormData();
  for (const [index, image] of images.entries()) form.append('image', new Blob([image]), `${index}.jpg`);
  for (const [name, value] of Object.entries(others)) form.append(name, value);
  return form;
}

const send = (url: string, body: FormData, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(url, { method: 'POST', body, headers, ...(signal ? { signal } : {}) });
const textOf = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString();
const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Pictures of this text have no answer. */
function failing(engine: FakeEngine, ...bad: readonly string[]): void {
  const healthy = new FakeEngine();
  engine.instead = async (request: SegmentRequest) => {
    const text = textOf(request.image) ?? '';
    if (bad.includes(text)) throw new Fault('corrupt_image', `Bad: ${text}.`);
    return healthy.segment(request);
  };
}

describe('several pictures in one request', limits, () => {
  it('are each a request of its own, answered in their order with their number', async () => {
    const { engine, segmentUrl } = await nativeServer();
    const reply = await send(segmentUrl, formOf(['a', 'b', 'c'], { answer: 'alpha,stats', threshold: '0.25' }));
    assert.equal(reply.status, 200);
    const names = (await partsOf(reply)).map(({ name, type }) => `${name} ${type}`);
    const kinds = ['alpha image/png', 'stats application/json'];
    assert.deepEqual(
      names,
      ['1', '2', '3'].flatMap((index) => kinds.map((kind) => `${index}-${kind}`)),
    );
    assert.deepEqual(
      engine.requests.map(({ image }) => textOf(image)),
      ['a', 'b', 'c'],
    );
    assert.deepEqual([...new Set(engine.requests.map(({ threshold }) => threshold))], [0.25]);
  });

  it('come as JSON where that is asked for, and from a list in JSON too', async () => {
    const { segmentUrl, engine } = await nativeServer();
    const asked = { images: [base64('a'), `data:image/png;base64,${base64('b')}`], answer: 'cutout' };
    for (const reply of [
      await postJson(segmentUrl, { ...asked, response: 'json' }),
      await postJson(segmentUrl, asked, { accept: 'application/json' }),
    ]) {
      const { images } = SeveralJsonReplySchema.parse(await reply.json());
      assert.deepEqual(
        images.map(({ index }) => index),
        [1, 2],
      );
      for (const image of images) {
        assert.ok('answers' in image);
        assert.deepEqual(
          image.answers.map(({ answer, contentType }) => `${answer} ${contentType}`),
          ['cutout image/png'],
        );
      }
    }
    assert.deepEqual(
      engine.requests.map(({ image }) => textOf(image)),
      ['a', 'b', 'a', 'b'],
    );
  });

  it('in a list of one get the same form of reply as in a list of many', async () => {
    const { segmentUrl } = await nativeServer();
    const reply = await postJson(segmentUrl, { images: [base64('a')], answer: 'cutout' });
    assert.deepEqual(
      (await partsOf(reply)).map(({ name }) => name),
      ['1-cutout'],
    );
  });

  it('fail alone: in the place of a bad one stands its problem, with its number', async () => {
    const { segmentUrl, engine } = await nativeServer();
    failing(engine, 'bad');
    const form = () => formOf(['a', 'bad', 'c'], { answer: 'cutout' });
    const parts = await partsOf(await send(segmentUrl, form()));
    assert.deepEqual(
      parts.map(({ name }) => name),
      ['1-cutout', '2-problem', '3-cutout'],
    );
    assert.equal(parts[1]!.type, 'application/problem+json');
    const problem = JSON.parse(parts[1]!.text);
    assert.deepEqual([problem.code, problem.status, problem.index], ['corrupt_image', 422, 2]);

    const json = await send(segmentUrl, form(), { accept: 'application/json' });
    assert.equal(json.status, 200);
    const { images } = SeveralJsonReplySchema.parse(await json.json());
    assert.deepEqual(
      images.map((image) => 'problem' in image),
      [false, true, false],
    );
  });

  it('fail alone where they hold no bytes, too', async () => {
    const { segmentUrl, engine } = await nativeServer();
    failing(engine, '');
    const parts = await partsOf(await send(segmentUrl, formOf(['a', ''], { answer: 'cutout' })));
    assert.deepEqual(
      parts.map(({ name }) => name),
      ['1-cutout', '2-problem'],
    );
  });

  it('have the status of the first where none has an answer', async () => {
    const { segmentUrl, engine } = await nativeServer();
    failing(engine, 'bad', 'worse');
    const reply = await send(segmentUrl, formOf(['bad', 'worse'], { answer: 'cutout' }));
    assert.equal(reply.status, 422);
    assert.equal(((await reply.json()) as { detail: string }).detail, 'Bad: bad.');
  });

  it('are refused together where the request itself is wrong', async () => {
    const { segmentUrl, engine } = await nativeServer({}, { imagesPerRequestMax: 3 });
    const four = Array.from({ length: 4 }, base64.bind(null, 'a'));
    const cases: readonly [unknown, RegExp][] = [
      [{ images: four }, /at most 3 pictures in one request .* received 4/],
      [{ images: [] }, /at least one picture/],
      [{ images: [base64('a'), '!'] }, /base64 in `images`/],
      [{ images: [base64('a')], image: base64('b') }, /Keep one of them/],
      [{ images: [base64('a'), base64('b')], trimap: base64('t') }, /one `trimap` for each of 2 pictures/],
      [{ images: [base64('a')], answer: 'mask' }, /Unknown answer/],
    ];
    for (const [body, expected] of cases) {
      const reply = await postJson(segmentUrl, body);
      assert.equal(reply.status, 400, JSON.stringify(body));
      assert.match(((await reply.json()) as { detail: string }).detail, expected);
    }
    const many = await send(segmentUrl, formOf(['a', 'b', 'c', 'd'], {}));
    assert.match(((await many.json()) as { detail: string }).detail, /at most 3 pictures/);
    const picture = await send(segmentUrl, formOf(['a', 'b'], { answer: 'alpha' }), { accept: 'image/png' });
    assert.equal(picture.status, 406);
    assert.equal(engine.requests.length, 0);
  });

  it('are all given up when the caller leaves', async () => {
    const { segmentUrl, engine } = await nativeServer();
    engine.hold();
    const leaving = new AbortController();
    const reply = send(segmentUrl, formOf(['a', 'b']), {}, leaving.signal).catch(() => 'left');
    while (engine.requests.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const signals = engine.requests.map(({ signal }) => signal!);
    const gone = signals.map((signal) => new Promise((resolve) => signal.addEventListener('abort', resolve)));
    leaving.abort();
    await Promise.all(gone);
    assert.equal(await reply, 'left');
  });
});

describe('pictures beside the picture', limits, () => {
  it('reach the engine from a form and from JSON', async () => {
    const { segmentUrl, engine } = await nativeServer();
    const parts = { trimap: new Blob(['t']), backgroundImage: new Blob(['b']), answer: 'cutout' };
    await send(segmentUrl, formOf(['a'], parts));
    await postJson(segmentUrl, { image: base64('a'), trimap: base64('t'), backgroundImage: base64('b') });
    assert.equal(engine.requests.length, 2);
    for (const { extras } of engine.requests) {
      assert.deepEqual([textOf(extras?.trimap), textOf(extras?.background)], ['t', 'b']);
    }
  });

  it('belong to the pictures in their order: a trimap each, one background for all', async () => {
    const { segmentUrl, engine } = await nativeServer();
    const trimap = [base64('t1'), base64('t2')];
    await postJson(segmentUrl, { images: [base64('a'), base64('b')], trimap, backgroundImage: base64('x') });
    const form = formOf(['a', 'b']);
    for (const text of ['t1', 't2']) form.append('trimap', new Blob([text]), 'trimap.png');
    form.append('backgroundImage', new Blob(['x']), 'x.jpg');
    await send(segmentUrl, form);
    const seen = engine.requests.map(({ image, extras }) => [image, extras?.trimap, extras?.background].map(textOf));
    assert.deepEqual(
      seen,
      [...Array(2)].flatMap(() => [
        ['a', 't1', 'x'],
        ['b', 't2', 'x'],
      ]),
    );
  });

  it('are refused where they are empty or too many', async () => {
    const { segmentUrl, engine } = await nativeServer();
    const twice = formOf(['a']);
    for (const text of ['x', 'y']) twice.append('backgroundImage', new Blob([text]), 'x.jpg');
    for (const [form, code] of [
      [formOf(['a'], { trimap: new Blob([]) }), 'empty_image'],
      [twice, 'invalid_request'],
      [formOf(['a'], { other: new Blob(['x']) }), 'invalid_request'],
    ] as const) {
      const reply = await send(segmentUrl, form);
      assert.equal(((await reply.json()) as { code: string }).code, code);
    }
    assert.equal(engine.requests.length, 0);
  });
});
