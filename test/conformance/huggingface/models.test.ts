import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { huggingfaceServer, photo } from './huggingfaceServer.ts';

const picture = await photo();

describe('names of models', { timeout: 20_000 }, () => {
  const models = { 'nvidia/segformer-b5': 'street', 'own-name': 'things', street: 'indices' };
  const places: readonly [path: string, ref: string][] = [
    ['/', 'portrait'],
    ['/predict', 'portrait'],
    ['/models/nvidia/segformer-b5', 'street'],
    ['/models/nvidia%2Fsegformer-b5', 'street'],
    ['/models/nvidia/segformer-b5/', 'street'],
    ['/models/nvidia/segformer-b5?wait=1', 'street'],
    ['/models/own-name', 'things'],
    ['/models/segserve/things', 'things'],
    ['/models/segserve/things:1', 'things:1'],
    ['/models/portrait', 'portrait'],
    ['/models/street', 'indices'],
    ['/models/segserve/street', 'street'],
    ['/hf-inference/models/nvidia/segformer-b5', 'street'],
    ['/hf-inference/models/portrait', 'portrait'],
  ];
  for (const [path, ref] of places) {
    test(`${path} is ${ref}`, async () => {
      const server = await huggingfaceServer({ settings: { models } });
      const reply = await server.post(path, picture);
      assert.equal(reply.status, 200, reply.text);
      assert.equal(server.engine.requests[0]!.model, ref);
    });
  }

  const unknown = ['/models/nobody/nothing', '/models/nothing', '/models/nvidia/portrait', '/models/segserve/nothing'];
  test('that nobody knows are 404, and what would be right is told', async () => {
    const server = await huggingfaceServer({ settings: { models } });
    for (const path of [...unknown, '/models/toString', '/models/__proto__']) {
      const reply = await server.post(path, picture);
      assert.equal(reply.status, 404, path);
      assert.match(reply.body!.error, /is not served here\. Expected one of nvidia\/segformer-b5, own-name, /);
    }
    assert.equal(server.engine.requests.length, 0);
  });

  test('that nobody knows are answered by `default` where the operator wants that', async () => {
    const server = await huggingfaceServer({ settings: { models, anyName: true, default: 'street' } });
    for (const path of ['/', ...unknown]) assert.equal((await server.post(path, picture)).segments.length, 3, path);
    assert.equal((await server.post('/models/things', picture)).segments.length, 2);
    assert.ok(server.engine.requests.slice(0, -1).every(({ model }) => model === 'street'));
  });

  test('of models that make no masks are 400', async () => {
    const server = await huggingfaceServer();
    const reply = await server.post('/models/sorter', picture);
    const error = 'Expected a model for image-segmentation but received sorter, which is for classification.';
    assert.deepEqual([reply.status, reply.body], [400, { error }]);
  });

  test('that lead to no model of segserve are 404 with its own words', async () => {
    const server = await huggingfaceServer({ settings: { models: { 'a/b': 'gone' }, default: 'gone' } });
    for (const path of ['/', '/models/a/b']) {
      const reply = await server.post(path, picture);
      assert.deepEqual([reply.status, /^Unknown model "gone"/.test(reply.body!.error)], [404, true]);
    }
  });
});

describe('other addresses', { timeout: 20_000 }, () => {
  test('health is Ok for the server and for a model, and 503 or 404 where it is not', async () => {
    const server = await huggingfaceServer({ settings: { models: { 'a/b': 'street' }, token: 'secret' } });
    const healthy = [
      '/',
      '/health',
      '/models/a/b/health',
      '/models/portrait/health',
      '/hf-inference/models/a/b/health',
    ];
    for (const path of healthy) {
      const reply = await server.ask(path);
      assert.deepEqual(
        [reply.status, reply.text, reply.headers['content-type']],
        [200, 'Ok', 'text/plain; charset=utf-8'],
      );
    }
    assert.equal((await server.ask('/models/no/body/health')).status, 404);
    server.engine.reasonNotReady = 'No worker is ready yet.';
    server.engine.states = { street: 'loading', portrait: 'failed' };
    const late = await server.ask('/health');
    assert.deepEqual(late.body, { error: 'No worker is ready yet.' });
    for (const path of healthy) assert.equal((await server.ask(path)).status, 503, path);
  });

  test('a status says whether a model is loaded', async () => {
    const server = await huggingfaceServer({ settings: { models: { 'a/b': 'street' } } });
    const loaded = { loaded: true, state: 'Loaded', compute_type: 'gpu', framework: 'onnxruntime' };
    assert.deepEqual((await server.ask('/status/a/b')).body, loaded);
    assert.equal((await server.ask('/status/no/body')).status, 404);
    for (const [state, word] of [
      ['loading', 'Loadable'],
      ['unloaded', 'Loadable'],
      ['failed', 'error'],
    ] as const) {
      server.engine.states = { indices: state };
      const other = { loaded: false, state: word, compute_type: 'unknown', framework: 'onnxruntime' };
      assert.deepEqual((await server.ask('/status/indices')).body, other);
    }
  });

  test('what is not there is 404, and another method 405', async () => {
    const server = await huggingfaceServer();
    assert.deepEqual((await server.ask('/nowhere')).body, { error: 'Nothing lives at /nowhere.' });
    const reply = await server.ask('/models/a/b');
    assert.deepEqual([reply.status, typeof reply.body?.error], [405, 'string']);
    assert.equal((await server.post('/models/a/b/c', picture)).status, 404);
  });
});
