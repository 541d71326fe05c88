import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { until } from '../../support/until.ts';
import { type HuggingfaceServer, huggingfaceServer, photo } from './huggingfaceServer.ts';

const picture = await photo();
const loading = () => Promise.reject(new Fault('model_not_ready', 'portrait:1 is loading.', { retryAfterMs: 1500 }));

/** The engine's model is loaded once it has been asked for so many times. */
function loadsAfter(server: HuggingfaceServer, tries: number): void {
  server.engine.instead = (request) =>
    server.engine.requests.length > tries ? server.engine.answer(request) : loading();
}

describe('a model that loads', { timeout: 30_000 }, () => {
  test('is 503 with the time that it may take', async () => {
    const server = await huggingfaceServer({ settings: { loadWaitMs: 0 } });
    server.engine.instead = loading;
    const reply = await server.post('/', picture);
    assert.deepEqual([reply.status, reply.body], [503, { error: 'portrait:1 is loading.', estimated_time: 1.5 }]);
    assert.equal(reply.headers['retry-after'], '2');
    assert.equal(server.engine.requests.length, 1);
  });

  test('is waited for a moment, since the JavaScript client asks again without a pause', async () => {
    const server = await huggingfaceServer();
    loadsAfter(server, 3);
    assert.equal((await server.post('/', picture)).status, 200);
    assert.equal(server.engine.requests.length, 4);
    server.engine.instead = loading;
    assert.equal((await server.post('/', picture)).status, 503);
    assert.ok(server.engine.requests.length > 8, 'it was asked for again');
  });

  const wishes = {
    'x-wait-for-model: true': { headers: { 'x-wait-for-model': 'true' }, body: {} },
    'x-wait-for-model: 1': { headers: { 'x-wait-for-model': '1' }, body: {} },
    'options.wait_for_model': { headers: {}, body: { options: { wait_for_model: true } } },
  };
  for (const [name, { headers, body }] of Object.entries(wishes)) {
    test(`is waited for as long as need be with ${name}`, async () => {
      const server = await huggingfaceServer();
      // More looks than a second has.
      loadsAfter(server, 25);
      const reply = await server.post('/', { inputs: picture.toString('base64'), ...body }, { headers });
      assert.equal(reply.status, 200, reply.text);
    });
  }

  test('is waited for no longer than the operator says', async () => {
    const server = await huggingfaceServer({ settings: { loadWaitMs: 100 } });
    server.engine.instead = loading;
    const reply = await server.post('/', picture, { headers: { 'x-wait-for-model': 'true' } });
    assert.equal(reply.status, 503);
    assert.ok(server.engine.requests.length <= 4, `${server.engine.requests.length}`);
  });

  test('is not waited for when the caller has left', async () => {
    const server = await huggingfaceServer();
    server.engine.instead = loading;
    const leaving = new AbortController();
    const headers = { 'x-wait-for-model': 'true' };
    const reply = server.post('/', picture, { headers, signal: leaving.signal });
    await until('the engine is asked', () => server.engine.requests.length > 1);
    leaving.abort();
    await assert.rejects(reply);
    const signal = server.engine.requests[0]!.signal!;
    await until('the signal is aborted', () => signal.aborted);
    const asked = server.engine.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.ok(server.engine.requests.length <= asked + 1, 'nobody asks any more');
  });

  test('and one that will not come is 500: on 503 the JavaScript client would ask for ever', async () => {
    const server = await huggingfaceServer();
    server.engine.instead = () => Promise.reject(new Fault('model_not_ready', 'portrait:1 is unloaded.'));
    const reply = await server.post('/', picture, { headers: { 'x-wait-for-model': 'true' } });
    assert.deepEqual([reply.status, reply.body], [500, { error: 'portrait:1 is unloaded.' }]);
    assert.equal(server.engine.requests.length, 1);
  });
});
