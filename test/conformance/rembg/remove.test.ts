import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AnswerRequest } from '../../../packages/server/src/domain/request.ts';
import { answered, type Field, formOf, openRembg, picture } from './rembgServer.ts';

const place = await openRembg({ models: { u2netp: 'scene', 'my-own': 'portrait:1' } });

describe('A picture in a form', () => {
  it('comes back as PNG', async () => {
    const reply = await place.post([picture]);
    assert.equal(reply.status, 200);
    assert.equal(reply.headers['content-type'], 'image/png');
    assert.ok(reply.bytes.equals(answered));
    assert.equal(Buffer.from(place.last().image).toString(), 'a picture');
    assert.equal(place.last().model, 'portrait');
    assert.ok(place.last().requestId);
  });

  it('may be sent to the address of the first releases', async () => {
    assert.ok((await place.post([picture], '/')).bytes.equals(answered));
  });

  it('may be a part without a file name; of several the last counts, and long ones arrive whole', async () => {
    await place.post([['file', 'plain']]);
    assert.equal(Buffer.from(place.last().image).toString(), 'plain');
    const long = Buffer.alloc(1_000_003, 'segserve\0\r\n');
    await place.post([picture, ['file', long, 'b']]);
    assert.ok(long.equals(place.last().image));
  });

  it('may be text of a urlencoded form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    await place.ask('/api/remove', { body: 'file=abc&om=1', headers });
    assert.equal(Buffer.from(place.last().image).toString(), 'abc');
    assert.equal(place.last().answers[0]?.kind, 'alpha');
  });
});

const soft = { kind: 'cutout', format: 'png' } as const;
const hard = { from: 126, to: 127 };
const matted = { ...soft, decontaminate: true };

/** Form or query ↦ what the engine is asked. */
const rows: readonly (readonly [query: string, answer: AnswerRequest, refine?: 'guided'])[] = [
  ['', { ...soft, decontaminate: false }],
  ['om=true', { kind: 'alpha', format: 'png' }],
  ['om=1&a=true&dc=true&bgc=1,2,3', { kind: 'alpha', format: 'png' }],
  ['om=yes&ppm=on', { kind: 'alpha', format: 'png', levels: hard }],
  ['ppm=t', { ...soft, decontaminate: false, levels: hard }],
  ['a=True', matted, 'guided'],
  ['a=true&ppm=true', matted, 'guided'],
  ['vm=Y', matted, 'guided'],
  ['dc=ON', matted],
  ['a=false&af=0&ab=255&ae=100000', { ...soft, decontaminate: false }],
  ['af=+1_0.00&ab=%207%20', { ...soft, decontaminate: false }],
  ['bgc=255,0,16,128', { kind: 'composite', format: 'png', background: '#ff001080', decontaminate: false }],
  ['bgc=1,2,3', { kind: 'composite', format: 'png', background: '#010203ff', decontaminate: false }],
  ['bgc=300,-5,%201_0,0', { kind: 'composite', format: 'png', background: '#ff000a00', decontaminate: false }],
  [
    'bgc=1,2,3&ppm=1&dc=1',
    { kind: 'composite', format: 'png', background: '#010203ff', decontaminate: true, levels: hard },
  ],
  ['bgc=', { ...soft, decontaminate: false }],
  ['extras={"putalpha":true}', { ...soft, decontaminate: false, keepColors: true }],
  ['extras={"putalpha":true}&dc=1', { ...soft, decontaminate: false, keepColors: true }],
  ['extras={"putalpha":true}&vm=1', { ...soft, decontaminate: false, keepColors: true }, 'guided'],
  ['extras={"putalpha":true}&a=1', matted, 'guided'],
  ['extras={"putalpha":true}&a=1&vm=1', { ...soft, decontaminate: false, keepColors: true }, 'guided'],
  [
    'extras={"putalpha":true}&bgc=0,0,0',
    { kind: 'composite', format: 'png', background: '#000000ff', decontaminate: false },
  ],
  ['extras={', { ...soft, decontaminate: false }],
  ['extras=[1]', { ...soft, decontaminate: false }],
  ['extras={"api_key":"x"}', { ...soft, decontaminate: false }],
  ['unknown=1', { ...soft, decontaminate: false }],
];

describe('What a request asks for', () => {
  for (const [query, answer, refine] of rows) {
    it(`${query || 'nothing'}: the same in the form and in the address`, async () => {
      const fields = [...new URLSearchParams(query.replaceAll('+', '%2B'))].map(
        ([name, value]): Field => [name, value],
      );
      const address = `/api/remove?${query.replaceAll('+', '%2B').replaceAll('"', '%22')}`;
      for (const sent of [() => place.post([picture, ...fields]), () => place.post([picture], address)]) {
        const reply = await sent();
        assert.equal(reply.status, 200, String(reply.bytes));
        assert.deepEqual(place.last().answers, [answer]);
        assert.equal(place.last().refine, refine);
      }
    });
  }

  it('stands in the form before it stands in the address; an empty field says nothing', async () => {
    await place.post([picture, ['om', 'false']], '/api/remove?om=true');
    assert.equal(place.last().answers[0]?.kind, 'cutout');
    await place.post([picture, ['om', ''], ['af', ''], ['model', '']], '/api/remove?om=true');
    assert.equal(place.last().answers[0]?.kind, 'alpha');
  });

  it('is the last of several', async () => {
    const reply = await place.post([picture, ['om', 'junk'], ['om', '1']], '/api/remove?af=999&af=9');
    assert.equal(reply.status, 200, String(reply.bytes));
    assert.equal(place.last().answers[0]?.kind, 'alpha');
  });

  it('names a model of the table, or one of the operator', async () => {
    for (const name of ['birefnet-general', 'isnet-anime', 'silueta', 'u2net', 'bria-rmbg', 'sam']) {
      await place.post([picture, ['model', name]]);
      assert.equal(place.last().model, 'portrait', name);
    }
    await place.post([picture, ['model', 'my-own']]);
    assert.equal(place.last().model, 'portrait:1');
    // A model of classes has no opacity whose edge could follow the photo.
    await place.post([picture, ['model', 'u2netp'], ['a', 'true']]);
    assert.deepEqual([place.last().model, place.last().refine], ['scene', undefined]);
  });

  it('is answered by the default model of the configuration where it names none', async () => {
    const other = await openRembg({ models: { mine: 'scene' }, defaultModel: 'mine' });
    await other.post([picture]);
    assert.equal(other.last().model, 'scene');
    await assert.rejects(openRembg({ defaultModel: 'nobody' }), { code: 'config_invalid' });
  });
});

describe('A picture behind a URL', () => {
  const fetched: string[] = [];
  const sources = {
    readUrl: async (url: string) => {
      fetched.push(url);
      return Buffer.from('fetched');
    },
    readPath: async () => Buffer.alloc(0),
    writeResult: async () => '',
  };

  it('is fetched where the operator allows it, also at the address of the first releases', async () => {
    const open = await openRembg({}, sources);
    for (const target of ['/api/remove', '/', '/api/remove/']) {
      const reply = await open.ask(`${target}?url=https://example.org/a%20b.jpg?c=1&om=1&af=7`);
      assert.ok(reply.bytes.equals(answered), target);
      assert.equal(fetched.pop(), 'https://example.org/a b.jpg?c=1');
      assert.equal(Buffer.from(open.last().image).toString(), 'fetched');
      assert.equal(open.last().answers[0]?.kind, 'alpha');
    }
  });

  it('is not fetched before the other parameters are known to be right, nor for HEAD', async () => {
    const open = await openRembg({}, sources);
    assert.equal((await open.ask('/api/remove?url=https://example.org/&af=x')).status, 422);
    assert.equal((await open.ask('/api/remove?url=https://example.org/', { method: 'HEAD' })).status, 405);
    assert.deepEqual(fetched, []);
  });
});

it('A caller who leaves frees the place in the engine', async () => {
  const left = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const leaving = await openRembg();
  leaving.engine.instead = ({ signal }) =>
    new Promise((_, reject) => {
      signal?.addEventListener('abort', () => {
        left.resolve();
        reject(signal.reason);
      });
      started.resolve();
    });
  const controller = new AbortController();
  const asked = leaving.ask('/api/remove', { ...formOf([picture]), signal: controller.signal });
  await started.promise;
  controller.abort();
  await assert.rejects(asked);
  await left.promise;
});
