import assert from 'node:assert/strict';
import { before, describe, it, test } from 'node:test';
import { ProblemSchema } from '@segserve/contract';
import { checkOptions } from './checkOptions.ts';
import { type NativeServer, nativeServer, photo, postJson, postPhoto } from './nativeServer.test-support.ts';
import { promptsOf } from './prompts.ts';

const prompted = (fields: Record<string, unknown>) => promptsOf(checkOptions(fields));
const base64 = photo.toString('base64');

describe('prompts', { timeout: 20_000 }, () => {
  let server: NativeServer;
  before(async () => {
    server = await nativeServer();
  });
  const last = () => server.engine.requests.at(-1)!.prompts;

  it('reach the engine from a query, a form and JSON alike', async () => {
    const shall = {
      points: [
        { x: 120, y: 80, label: 1 },
        { x: 200.5, y: 90, label: 0 },
      ],
      multimask: true,
    };
    const points = '120,80;200.5,90,0';
    await postPhoto(`${server.segmentUrl}?points=${points}&multimask=true`);
    assert.deepEqual(last(), shall);
    await postJson(server.segmentUrl, { image: base64, points, multimask: true });
    assert.deepEqual(last(), shall);
    await postJson(server.segmentUrl, { image: base64, prompts: shall });
    assert.deepEqual(last(), shall);
    const form = new FormData();
    form.set('image', new Blob([photo]));
    form.set('prompts', JSON.stringify({ points: [{ x: 120, y: 80 }, shall.points[1]], multimask: true }));
    await fetch(server.segmentUrl, { method: 'POST', body: form });
    assert.deepEqual(last(), shall);
    await postPhoto(`${server.segmentUrl}?prompts=${encodeURIComponent(JSON.stringify(shall))}`);
    assert.deepEqual(last(), shall);
  });

  it('stay out of a request that says nothing of them', async () => {
    await postPhoto(server.segmentUrl);
    assert.equal('prompts' in server.engine.requests.at(-1)!, false);
  });

  it('may hold a mask that is larger than all other options together', async () => {
    for (const bytes of [100, 300_000]) {
      const mask = Buffer.alloc(bytes, 'mask').toString('base64');
      await postJson(server.segmentUrl, { image: base64, prompts: { points: [{ x: 1, y: 2 }], mask } });
      assert.deepEqual(last(), { points: [{ x: 1, y: 2, label: 1 }], mask, multimask: false });
    }
  });

  it('take a mask as a file of a form, beside short words or an object', async () => {
    const send = (fields: Record<string, string | Blob>) => {
      const form = new FormData();
      for (const [name, value] of Object.entries({ image: new Blob([photo]), ...fields })) form.set(name, value);
      return fetch(server.segmentUrl, { method: 'POST', body: form });
    };
    const mask = new Blob(['a mask']);
    const text = Buffer.from('a mask').toString('base64');
    await send({ points: '1,2', mask });
    assert.deepEqual(last(), { points: [{ x: 1, y: 2, label: 1 }], mask: text, multimask: false });
    await send({ prompts: '{"multimask":true}', mask });
    assert.deepEqual(last(), { mask: text, multimask: true });
    await send({ mask: 'a mask' });
    assert.deepEqual(last(), { mask: text, multimask: false });
    const two = new FormData();
    for (const [name, value] of Object.entries({ image: new Blob([photo]), mask })) two.append(name, value);
    two.append('mask', mask);
    const refused = await fetch(server.segmentUrl, { method: 'POST', body: two });
    assert.match(((await refused.json()) as { detail: string }).detail, /Expected one `mask` but received 2\./);
    for (const [fields, message] of [
      [{ prompts: JSON.stringify({ mask: text }), mask }, /There is a `mask`, and one in `prompts`/],
      [{ mask: new Blob([]) }, /The file in "mask" is empty/],
    ] as const) {
      assert.match(((await (await send(fields)).json()) as { detail: string }).detail, message);
    }
  });

  it('that are wrong in the query are refused before the picture is read', async () => {
    const before = server.engine.requests.length;
    for (const [query, message] of [
      ['points=120', /Expected `points` to be x,y or x,y,label .* but received "120"\./],
      ['points=1,2;;3,4', /Expected number 2 of `points` to be x,y .* but received nothing\./],
      ['points=1,2;;', /Expected number 2 of `points` .* but received nothing\./],
      ['points=1,2;3,x', /Expected number 2 of `points` .* but received "3,x"\./],
      ['boxes=1,2,3', /Expected `boxes` to be x0,y0,x1,y1.* but received "1,2,3"\./],
      ['everything=yes', /Expected `everything` to be a boolean but received yes\./],
      ['multimask=2', /`multimask`/],
      ['points=', /`points` is empty/],
      ['prompts=x', /Expected `prompts` to be JSON, as in \{"points".* but received "x"\./],
      [
        'prompts={"points":[{"x":1}]}',
        /Expected `prompts\.points\[0\]\.y` to be a finite number but received nothing\./,
      ],
      ['prompts={}&points=1,2', /`prompts` and `points` both say what to segment/],
      ['point=1,2', /Unknown field "point"\. Did you mean "points"\?/],
    ] as const) {
      const reply = await fetch(`${server.segmentUrl}?${query}`, { method: 'POST', body: 'no picture' });
      assert.equal(reply.status, 400);
      const problem = ProblemSchema.parse(await reply.json());
      assert.equal(problem.code, 'invalid_request');
      assert.match(problem.detail, message);
    }
    assert.equal(server.engine.requests.length, before);
  });

  it('that are too many are refused before the picture is decoded', async () => {
    const undecodable = '%'.repeat(100);
    for (const [field, value, message] of [
      ['points', '1,2;'.repeat(1025), /at most 1024 in `points` but received 1025\./],
      ['boxes', '1,2,3,4;'.repeat(65), /at most 64 in `boxes` but received 65\./],
      [
        'prompts',
        { points: Array(1025).fill({ x: 1, y: 2 }) },
        /`prompts\.points` to be at most 1024 but received 1025/,
      ],
      ['prompts', { boxes: Array(65).fill({ x0: 1, y0: 2, x1: 3, y1: 4 }) }, /at most 64 but received 65/],
      [
        'prompts',
        { previous: Array(3).fill({ points: Array(400).fill({ x: 1, y: 2 }) }) },
        /at most 1024 but received 1200/,
      ],
      ['prompts', { previous: Array(17).fill({ points: [] }) }, /`prompts\.previous` to be at most 16 but received 17/],
    ] as const) {
      const reply = await postJson(server.segmentUrl, { image: undecodable, [field]: value });
      assert.match(((await reply.json()) as { detail: string }).detail, message);
    }
  });
});

test('short words are the same prompts as an object', () => {
  assert.deepEqual(prompted({ points: '1,2' }), { points: [{ x: 1, y: 2, label: 1 }], multimask: false });
  assert.deepEqual(prompted({ boxes: '1,2,3,4;5,6,7,8;' }), {
    boxes: [
      { x0: 1, y0: 2, x1: 3, y1: 4 },
      { x0: 5, y0: 6, x1: 7, y1: 8 },
    ],
    multimask: false,
  });
  assert.deepEqual(prompted({ everything: 'true' }), { everything: true, multimask: false });
  assert.deepEqual(prompted({ points: '1,2', boxes: '0,0,5,5', multimask: 'false' }), {
    points: [{ x: 1, y: 2, label: 1 }],
    boxes: [{ x0: 0, y0: 0, x1: 5, y1: 5 }],
    multimask: false,
  });
  assert.equal(prompted({}), undefined);
});

test('a repeated field is one list', () => {
  assert.deepEqual(prompted({ points: ['1,2', '3,4,0'] }), prompted({ points: '1,2;3,4,0' }));
  assert.deepEqual(prompted({ boxes: ['1,2,3,4', '5,6,7,8'] }), prompted({ boxes: '1,2,3,4;5,6,7,8' }));
});

test('as many as are allowed pass', () => {
  assert.equal(prompted({ points: '1,2;'.repeat(1024) })!.points!.length, 1024);
  assert.equal(prompted({ boxes: '1,2,3,4;'.repeat(64) })!.boxes!.length, 64);
});

test('numbers and objects in short words are told where they belong', () => {
  for (const [wrong, message] of [
    [
      { points: [{ x: 1, y: 2 }] },
      /an object in `prompts`, as in \{"points":\[\{"x":120,"y":80\}\]\}, but received \[\{"x":1/,
    ],
    [{ points: [120, 80] }, /`points` to be a text, as in "120,80;200,90,0", .* but received \[120,80\]/],
    [{ boxes: 7 }, /`boxes` to be a text, as in "10,10,200,300"/],
    [{ points: [] }, /`points` to be a text/],
    [{ points: { x: 1 } }, /`points` to be a text/],
  ] as const) {
    assert.throws(() => checkOptions(wrong), { code: 'invalid_request', message });
  }
});

test('no text of likely characters in short words gives anything but prompts or a fault', () => {
  const characters = '0123456789,,,,;;.-e x';
  for (let round = 0; round < 5000; round++) {
    const length = Math.floor(Math.random() * 30);
    const text = Array.from({ length }, () => characters[Math.floor(Math.random() * characters.length)]).join('');
    for (const name of ['points', 'boxes'] as const) {
      try {
        const things = prompted({ [name]: text })![name]!;
        assert.equal(things.length, text.trim().replace(/;$/, '').split(';').length, text);
        assert.ok(things.flatMap((thing) => Object.values(thing)).every(Number.isFinite), text);
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'invalid_request', text);
      }
    }
  }
});
