import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { npyBytes } from '../../../packages/server/src/pipeline/encode/npy.ts';
import type { BentoApiSettings } from '../../../packages/server/src/protocols/bentoml/settings.ts';
import { bundleServer, text } from './bundleServer.ts';

const apis: readonly BentoApiSettings[] = [
  { name: 'map' },
  { name: 'reference', payload: 'reference' },
  { name: 'picture', payload: 'png' },
  { name: 'color', payload: 'png', answer: 'color' },
  { name: 'stats', payload: 'json' },
  { name: 'top', model: 'animals', payload: 'json', answer: 'topk' },
  { name: 'label', model: 'animals' },
  { name: 'matte', model: 'portrait', threshold: 0.6 },
  { name: 'file', payload: 'echo' },
  { name: 'json', input: 'JsonInput' },
];
const old = await bundleServer({ apis });
const late = await bundleServer({ apis, version: '0.13' });

async function output(server: typeof old, path: string, body: Uint8Array | string = 'picture'): Promise<string> {
  const reply = await server.call(path, body);
  assert.equal(reply.status, 200, text(reply));
  return text(reply);
}

describe('The value of an API as JSON', () => {
  it('numbers, texts, lists and objects are written as json.dumps writes them', async () => {
    const cases = [
      ['{"a":[1,2.50,-3e2,{}],"b":null,"c":[true,false]}', '{"a": [1, 2.50, -3e2, {}], "b": null, "c": [true, false]}'],
      ['  "a,b:\\"c\\" \\u0001\\n"', String.raw`"a,b:\"c\" \u0001\n"`],
      ['12345678901234567890', '12345678901234567890'],
      ['[]', '[]'],
    ] as const;
    for (const [sent, expected] of cases) {
      for (const server of [old, late]) assert.equal(await output(server, '/json', sent), expected);
    }
  });

  it('non-ASCII is escaped in 0.9 and literal in 0.13', async () => {
    assert.equal(await output(old, '/json', '"Käse 😀 \u007f"'), '"K\\u00e4se \\ud83d\\ude00 \u007f"');
    assert.equal(await output(late, '/json', '"K\\u00e4se 😀"'), '"Käse 😀"');
    assert.equal(
      await output(old, '/stats'),
      String.raw`{"width": 3, "height": 2, "classes": [{"id": 15, "label": "Katze \u00e9"}]}`,
    );
  });

  it('an array is nested lists', async () => {
    assert.equal(await output(old, '/map'), '[[0, 0, 15], [7, 15, 0]]');
    assert.deepEqual(old.engine.requests.at(-1)!.answers, [{ kind: 'tensor', format: 'npy' }]);
  });

  it('an array has one row or one column, too, and classes of up to five digits', async () => {
    const cases = [
      [Uint8Array.of(255), [1, 1], '[[255]]'],
      [Uint8Array.of(9, 10, 99), [1, 3], '[[9, 10, 99]]'],
      [Uint8Array.of(100, 0), [2, 1], '[[100], [0]]'],
      [Uint16Array.of(999, 1000, 9999, 10_000, 65_535, 0), [3, 2], '[[999, 1000], [9999, 10000], [65535, 0]]'],
    ] as const;
    for (const [data, shape, expected] of cases) {
      late.engine.tensor = npyBytes(data, shape);
      assert.equal(await output(late, '/map'), expected);
    }
  });

  it('a map of two megapixels is whole, its length known beforehand', async () => {
    const [width, height] = [1920, 1080];
    const data = Uint8Array.from({ length: width * height }, (_, index) => (index * 31) % 251);
    late.engine.tensor = npyBytes(data, [height, width]);
    const reply = await late.call('/map');
    assert.equal(reply.headers['content-length'], String(reply.bytes.length));
    const rows = JSON.parse(text(reply)) as number[][];
    assert.equal(rows.length, height);
    assert.ok(rows.every((row, y) => row.every((value, x) => value === data[y * width + x])));
  });

  it('opacity of a matting model becomes classes 0 and 1', async () => {
    late.engine.tensor = npyBytes(Float32Array.of(0, 0.59, 0.61, 1), [2, 2]);
    assert.equal(await output(late, '/matte'), '[[0, 0], [1, 1]]');
  });

  it('the label of a picture is a JSON text', async () => {
    assert.equal(await output(old, '/label'), '"cat"');
    assert.equal(await output(old, '/top'), '{"classes": [{"id": 281, "label": "cat", "score": 0.9}]}');
  });

  it('bytes are text where they are UTF-8, and base64 in "b64" where not', async () => {
    assert.equal(await output(late, '/file', 'Grüße'), '"Grüße"');
    assert.equal(await output(old, '/file', 'Grüße'), String.raw`"Gr\u00fc\u00dfe"`);
    assert.equal(await output(old, '/file', Buffer.from('81308939', 'hex')), '{"b64": "gTCJOQ=="}');
    const { b64 } = JSON.parse(await output(old, '/picture'));
    assert.equal(Buffer.from(b64, 'base64').toString('latin1', 1, 4), 'PNG');
  });

  it('anything else is its text form in "unknown_obj": the first row of a tensor', async () => {
    assert.equal(await output(old, '/reference'), '{"unknown_obj": "tensor([ 0,  0, 15])"}');
    old.engine.tensor = npyBytes(new Uint8Array(40), [1, 40]);
    const zeros = (count: number) => Array(count).fill('0').join(', ');
    const lines = String.raw`tensor([${zeros(24)},\n        ${zeros(16)}])`;
    assert.equal(await output(old, '/reference'), `{"unknown_obj": "${lines}"}`);
    old.engine.tensor = npyBytes(new Uint8Array(1001), [1, 1001]);
    assert.equal(await output(old, '/reference'), '{"unknown_obj": "tensor([0, 0, 0,  ..., 0, 0, 0])"}');
  });

  it('a coloured picture has the torch-hub palette', async () => {
    await output(old, '/color');
    const [answer] = old.engine.requests.at(-1)!.answers;
    assert.equal(answer!.colors!.length, 21);
    assert.deepEqual(
      [0, 1, 2, 7, 15, 20].map((index) => answer!.colors![index]),
      [
        [0, 0, 0],
        [1, 127, 31],
        [2, 254, 62],
        [7, 124, 217],
        [15, 120, 210],
        [20, 245, 110],
      ],
    );
  });
});

describe('The service name', () => {
  it("follows the first API's model unless it is given", async () => {
    const title = async (settings: Parameters<typeof bundleServer>[0]) => {
      const server = await bundleServer(settings);
      return JSON.parse(text(await server.get('/docs.json'))).info.title;
    };
    assert.equal(await title({ models: { net: 'scene' } }), 'PytorchImageSegment');
    assert.equal(await title({ models: { net: 'portrait' } }), 'PytorchImageSegment');
    assert.equal(await title({ models: { net: 'animals' } }), 'PytorchImageClassifier');
    assert.equal(await title({ service: 'Mine' }), 'Mine');
  });
});
