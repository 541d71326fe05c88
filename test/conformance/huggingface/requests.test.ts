import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { closedSources } from '../../support/wireServer.ts';
import { huggingfaceServer, photo } from './huggingfaceServer.ts';

const picture = await photo();
const base64 = picture.toString('base64');
const server = await huggingfaceServer({ settings: { models: { 'nvidia/street': 'street', 'org/things': 'things' } } });
const lastRequest = () => server.engine.requests.at(-1)!;

describe('what is sent', { timeout: 20_000 }, () => {
  const types = [
    'image/png',
    'image/jpeg',
    'application/octet-stream',
    'application/x-www-form-urlencoded',
    'x/y; z=1',
  ];
  for (const type of [...types, undefined]) {
    test(`bytes of a picture are taken as ${type ?? 'nothing in particular'}`, async () => {
      const reply = await server.post('/', picture, type === undefined ? {} : { headers: { 'content-type': type } });
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(Buffer.from(lastRequest().image), picture);
    });
  }

  const texts: Readonly<Record<string, string>> = {
    base64: base64,
    'base64 without padding': base64.replace(/=+$/, ''),
    'base64 in lines': base64.replaceAll(/.{76}/g, '$&\n'),
    'a data: URL': `data:image/png;base64,${base64}`,
  };
  for (const [name, inputs] of Object.entries(texts)) {
    test(`JSON holds the picture as ${name}`, async () => {
      const reply = await server.post('/', { inputs });
      assert.equal(reply.status, 200, reply.text);
      assert.deepEqual(Buffer.from(lastRequest().image), picture);
    });
  }

  test('megabytes of base64 come through', async () => {
    const large = await sharp(Buffer.alloc(1000 * 1000 * 3, 7), { raw: { width: 1000, height: 1000, channels: 3 } })
      .png({ compressionLevel: 0 })
      .toBuffer();
    const reply = await server.post('/', { inputs: large.toString('base64'), parameters: {} });
    assert.equal(reply.status, 200, reply.text.slice(0, 200));
    assert.deepEqual(Buffer.from(lastRequest().image), large);
  });

  test('JSON is known by its brace where curl -d calls it a form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const reply = await server.post('/', JSON.stringify({ inputs: base64 }), { headers });
    assert.equal(reply.segments.length, 1);
  });

  test('an address is read where the operator allows it, and refused where not', async () => {
    const url = 'https://example.org/photo.png';
    const refused = await server.post('/', { inputs: url });
    assert.deepEqual([refused.status, refused.body], [403, { error: 'URLs are switched off here.' }]);
    const asked: string[] = [];
    const readUrl = async (address: string) => {
      asked.push(address);
      return picture;
    };
    const open = await huggingfaceServer({ sources: { ...closedSources, readUrl } });
    assert.equal((await open.post('/', { inputs: url })).segments.length, 1);
    assert.deepEqual(asked, [url]);
  });

  const wrong: readonly { says: string; body: unknown; status: number; error: RegExp; type?: string }[] = [
    { says: 'nothing', body: '', status: 400, error: /^Expected an image but received nothing\.$/ },
    { says: 'text', body: 'hello', status: 400, error: /Expected an image/ },
    { says: 'an empty inputs', body: { inputs: '' }, status: 400, error: /Expected an image in `inputs`/ },
    { says: 'no inputs', body: { parameters: {} }, status: 400, error: /`inputs` to be a string but received nothing/ },
    { says: 'a list', body: { inputs: [base64] }, status: 400, error: /`inputs` to be a string but received an array/ },
    { says: 'what is no base64', body: { inputs: '~~~~' }, status: 400, error: /base64 in `inputs`/ },
    { says: 'base64 of no picture', body: { inputs: 'aGVsbG8=' }, status: 400, error: /Expected an image/ },
    { says: 'a JSON list', body: [], status: 400, error: /the body to be a JSON object but received an array/ },
    { says: 'half of JSON', body: '{"inputs":', status: 400, error: /not valid JSON/ },
    { says: 'a picture called JSON', body: picture, type: 'application/json', status: 400, error: /not valid JSON/ },
    {
      says: 'a form',
      body: '--x',
      type: 'multipart/form-data; boundary=x',
      status: 415,
      error: /multipart\/form-data/,
    },
  ];
  for (const { says, body, status, error, type } of wrong) {
    test(`${says} is ${status}`, async () => {
      const headers = type === undefined ? {} : { headers: { 'content-type': type } };
      const reply = await server.post('/', body, headers);
      assert.equal(reply.status, status);
      assert.match(reply.body!.error, error);
    });
  }

  test('a compressed body is 415', async () => {
    const reply = await server.post('/', picture, { headers: { 'content-encoding': 'gzip' } });
    assert.deepEqual([reply.status, /gzip/.test(reply.body!.error)], [415, true]);
    assert.equal((await server.post('/', picture, { headers: { 'content-encoding': 'Identity' } })).status, 200);
  });
});

describe('parameters', { timeout: 20_000 }, () => {
  const asks = async (path: string, parameters: unknown) => {
    const reply = await server.post(path, { inputs: base64, parameters });
    assert.equal(reply.status, 200, reply.text);
    const { answers, threshold, scoreThreshold } = lastRequest();
    return { labels: reply.segments.map(({ label }) => label), answers, threshold, scoreThreshold };
  };

  test('mask_threshold cuts a matte, and is passed over by classes', async () => {
    assert.equal((await asks('/', { mask_threshold: 0.2 })).threshold, 0.2);
    assert.equal((await asks('/models/org/things', { mask_threshold: 0 })).threshold, 0);
    assert.equal((await asks('/models/nvidia/street', { mask_threshold: 0.2 })).threshold, undefined);
    assert.equal((await asks('/', {})).threshold, undefined);
  });

  test('threshold leaves weaker segments out', async () => {
    assert.deepEqual((await asks('/models/nvidia/street', { threshold: 0.5 })).labels, ['road "A"', 'car']);
    assert.deepEqual((await asks('/models/nvidia/street', { threshold: 0 })).labels, ['road "A"', 'car', 'sky']);
    assert.deepEqual((await asks('/', { threshold: 1 })).labels, []);
    assert.deepEqual((await asks('/models/indices', { threshold: 1 })).labels, ['tree'], 'what has no score stays');
    const things = await asks('/models/org/things', { threshold: 0.6 });
    assert.deepEqual([things.scoreThreshold, things.labels], [0.6, ['cat']]);
    const scenes = await asks('/models/scenes', { threshold: 0.4 });
    assert.deepEqual([scenes.scoreThreshold, scenes.labels], [0.4, ['cat', 'sky']]);
    assert.equal((await asks('/models/nvidia/street', { threshold: 0.5 })).scoreThreshold, undefined);
  });

  test('null and what is unknown are passed over', async () => {
    for (const parameters of [null, {}, { threshold: null, subtask: null }, { timeout: 3, top_k: 'x' }]) {
      assert.deepEqual((await asks('/', parameters)).labels, ['person']);
    }
    assert.equal((await server.post('/', { inputs: base64, options: { use_cache: false }, model: 'x' })).status, 200);
  });

  test('subtask is what the model does, or 400', async () => {
    const does = {
      '/': 'semantic',
      '/models/nvidia/street': 'semantic',
      '/models/org/things': 'instance',
      '/models/scenes': 'panoptic',
    };
    for (const [path, right] of Object.entries(does)) {
      for (const subtask of ['semantic', 'instance', 'panoptic']) {
        const reply = await server.post(path, { inputs: base64, parameters: { subtask } });
        assert.equal(reply.status, subtask === right ? 200 : 400, `${path} ${subtask}`);
        if (subtask !== right) assert.match(reply.body!.error, new RegExp(`to be ${right} but received ${subtask}`));
      }
    }
  });

  const wrong: readonly [parameters: unknown, error: RegExp][] = [
    [[], /`parameters` to be a JSON object but received an array/],
    [{ threshold: 'x' }, /`parameters\.threshold` to be a number from 0 to 1 but received a string/],
    [{ threshold: 1.5 }, /`parameters\.threshold` .* received 1\.5/],
    [{ mask_threshold: -1 }, /`parameters\.mask_threshold` .* received -1/],
    [{ overlap_mask_area_threshold: true }, /`parameters\.overlap_mask_area_threshold` .* received a boolean/],
    [{ subtask: 'depth' }, /one of semantic, instance, panoptic but received depth/],
    [{ subtask: 1 }, /one of semantic, instance, panoptic but received a number/],
  ];
  for (const [parameters, error] of wrong) {
    test(`${JSON.stringify(parameters)} is 400`, async () => {
      const reply = await server.post('/', { inputs: base64, parameters });
      assert.equal(reply.status, 400);
      assert.match(reply.body!.error, error);
    });
  }
});
