import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { JobSettings } from '../../../packages/server/src/protocols/mortred/settings.ts';
import { ask, type Reply } from '../../support/ask.ts';
import { until } from '../../support/until.ts';
import {
  bisenetv2,
  envelopeOf,
  goodBody,
  type MortredServer,
  mortredServer,
  post,
  postStrict,
} from './mortredServer.ts';

const open = (jobs: Partial<JobSettings> = {}) =>
  mortredServer({ profile: 'c', strict: { jobs: { enabled: true, ...jobs } } });

type Json = Readonly<Record<string, unknown>>;
const json = (reply: Reply): Json => {
  assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8');
  return JSON.parse(String(reply.bytes)) as Json;
};
const get = (server: MortredServer, path: string) => ask(`${server.url}${path}`);
const submit = async (server: MortredServer) => String(json(await postStrict(server, '/jobs')).job_id);
const stateOf = async (server: MortredServer, id: string) => json(await get(server, `/jobs/${id}`)).state;
const become = (server: MortredServer, id: string, state: string) =>
  until(`job becomes ${state}`, async () => ((await stateOf(server, id)) === state ? true : undefined));

describe('mortred c: jobs', () => {
  test('a job is accepted with 202 and where it can be followed', async () => {
    const server = await open();
    const reply = await postStrict(server, '/jobs');
    assert.equal(reply.status, 202);
    const body = json(reply);
    const id = String(body.job_id);
    assert.deepEqual(body, { job_id: id, state: 'pending', poll_url: `/jobs/${id}`, result_url: `/jobs/${id}/result` });
    assert.equal(reply.headers.location, `/jobs/${id}`);
    assert.equal(reply.headers['cache-control'], 'no-store');
  });

  test('a job goes from pending over running to done, and its result is the envelope of a run', async () => {
    const server = await open();
    const { release } = server.engine.hold();
    const first = await submit(server);
    const second = await submit(server);
    await become(server, first, 'running');
    assert.equal(await stateOf(server, second), 'pending');
    const early = await get(server, `/jobs/${first}/result`);
    assert.equal(early.status, 409);
    assert.deepEqual(json(early), { error: 'job not finished (state: running)' });
    assert.deepEqual(json(await get(server, `/jobs/${second}/result`)), { error: 'job not finished (state: pending)' });
    release();
    await become(server, second, 'done');
    const body = json(await get(server, `/jobs/${first}`));
    assert.deepEqual(Object.keys(body), ['job_id', 'state', 'elapsed_ms']);
    assert.ok(Number.isInteger(body.elapsed_ms));
    const result = await get(server, `/jobs/${first}/result`);
    assert.equal(result.status, 200);
    assert.equal(result.headers['x-request-id'], 'abc123');
    assert.deepEqual(envelopeOf(result), envelopeOf(await postStrict(server, bisenetv2)));
  });

  test('a job that fails says why and has no result', async () => {
    const server = await open();
    server.engine.fail(new Fault('worker_failed', 'It died.'));
    const id = await submit(server);
    await become(server, id, 'failed');
    assert.equal(json(await get(server, `/jobs/${id}`)).error, 'model run session failed');
    const result = await get(server, `/jobs/${id}/result`);
    assert.deepEqual([result.status, json(result).error], [409, 'job not finished (state: failed)']);
  });

  test('a job that takes longer than async_timeout ends as timeout', async () => {
    const server = await open({ timeoutMs: 1234 });
    server.engine.fail(new Fault('deadline_exceeded', 'Too late.'));
    const id = await submit(server);
    await become(server, id, 'timeout');
    assert.equal(json(await get(server, `/jobs/${id}`)).error, 'model run timeout');
    assert.equal(server.engine.requests[0]!.deadlineMs, 1234);
  });

  test('more pending jobs than async_max_queue are 429 with an error', async () => {
    const server = await open({ queueMax: 2 });
    const { release } = server.engine.hold();
    const first = await submit(server);
    await become(server, first, 'running');
    const last = [await submit(server), await submit(server)].at(-1)!;
    const reply = await postStrict(server, '/jobs');
    assert.equal(reply.status, 429);
    assert.equal(typeof json(reply).error, 'string');
    assert.match(
      String((await get(server, '/metrics')).bytes),
      /mortred_async_queue_depth\{model="[^"]*bisenetv2"\} 2\n/,
    );
    release();
    await become(server, last, 'done');
    assert.equal((await postStrict(server, '/jobs')).status, 202);
  });

  test('an unknown job is 404, another verb 405, each with an error', async () => {
    const server = await open();
    for (const path of ['/jobs/0123', '/jobs/0123/wait', '/jobs/0123/result']) {
      const unknown = await get(server, path);
      assert.deepEqual([unknown.status, json(unknown)], [404, { error: 'job not found: 0123' }], path);
      const posted = await postStrict(server, path);
      assert.deepEqual([posted.status, Object.keys(json(posted))], [405, ['error']], path);
    }
    const got = await get(server, '/jobs');
    assert.deepEqual([got.status, Object.keys(json(got)), got.headers.allow], [405, ['error'], 'POST']);
  });

  test('what is no request is refused at once, as at any address', async () => {
    const server = await open();
    const code = async (reply: Promise<Reply>) => [(await reply).status, envelopeOf(await reply).code];
    assert.deepEqual(await code(post(server, '/jobs', goodBody)), [415, 60]);
    assert.deepEqual(await code(postStrict(server, '/jobs', '{')), [400, 50]);
    assert.deepEqual(await code(postStrict(server, '/jobs', {})), [400, 3]);
  });

  test('/wait answers when the state changes, or when its time is over', { timeout: 15_000 }, async () => {
    const server = await open();
    const { release } = server.engine.hold();
    const id = await submit(server);
    await become(server, id, 'running');
    assert.equal(json(await get(server, `/jobs/${id}/wait?timeout=30`)).state, 'running');
    const waiting = get(server, `/jobs/${id}/wait?timeout=300000`);
    setTimeout(release, 50);
    assert.equal(json(await waiting).state, 'done');
    assert.equal(json(await get(server, `/jobs/${id}/wait`)).state, 'done');
  });

  test('an ended job is forgotten after async_job_ttl', async () => {
    const server = await open({ ttlMs: 200 });
    const id = await submit(server);
    await become(server, id, 'done');
    await until('the job is gone', async () => ((await get(server, `/jobs/${id}`)).status === 404 ? true : undefined));
  });

  test('of more ended jobs than async_max_completed the oldest is forgotten', async () => {
    const server = await open({ completedMax: 2 });
    const ids: string[] = [];
    for (let count = 0; count < 3; count++) {
      ids.push(await submit(server));
      await become(server, ids.at(-1)!, 'done');
    }
    const states = await Promise.all(ids.map(async (id) => (await get(server, `/jobs/${id}`)).status));
    assert.deepEqual(states, [404, 200, 200]);
  });

  test('jobs run on the first of uris, or on the one that is named', async () => {
    const uris = {
      '/one': { task: 'matting', model: 'portrait' },
      '/two': { task: 'matting', model: 'street' },
    } as const;
    const first = await mortredServer({ profile: 'c', uris, strict: { jobs: { enabled: true } } });
    const named = await mortredServer({ profile: 'c', uris, strict: { jobs: { enabled: true, uri: '/two' } } });
    for (const server of [first, named]) await become(server, await submit(server), 'done');
    assert.deepEqual([first.engine.requests[0]!.model, named.engine.requests[0]!.model], ['portrait', 'street']);
    await assert.rejects(
      mortredServer({ profile: 'c', strict: { jobs: { enabled: true, uri: '/nowhere' } } }),
      /strict\.jobs\.uri/,
    );
  });

  test('jobs are counted', async () => {
    const server = await open();
    await become(server, await submit(server), 'done');
    const text = String((await get(server, '/metrics')).bytes);
    assert.match(text, /mortred_async_jobs_total\{model="[^"]*bisenetv2"\} 1\n/);
    assert.match(text, /mortred_async_job_duration_ms_count\{model="[^"]*bisenetv2"\} 1\n/);
  });

  test('a server that closes ends its jobs', async () => {
    const server = await open();
    server.engine.hold();
    await become(server, await submit(server), 'running');
    await submit(server);
    await server.close();
    assert.equal(server.engine.requests[0]!.signal!.aborted, true);
    assert.equal(server.engine.requests.length, 1);
  });
});
