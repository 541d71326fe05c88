import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { bundleServer, text } from './bundleServer.ts';

const apis = [
  { name: 'predict', mbMaxLatencyMs: 300 },
  { name: 'single', batch: false, mbMaxLatencyMs: 300 },
  { name: 'patient' },
] as const;

async function deadlines(settings: Parameters<typeof bundleServer>[0]): Promise<(number | undefined)[]> {
  const server = await bundleServer({ apis, ...settings });
  for (const { name } of apis) await server.call(`/${name}`);
  return server.engine.requests.map(({ deadlineMs }) => deadlineMs);
}

describe('Micro-batching', () => {
  it('is off in 0.9: only the time-out of the server ends a request', async () => {
    assert.deepEqual(await deadlines({}), [60_000, 60_000, 60_000]);
  });

  it('can be switched on there, and holds for APIs that batch', async () => {
    assert.deepEqual(await deadlines({ microbatch: true }), [300, 60_000, 10_000]);
  });

  it('is always there in 0.13, unless switched off', async () => {
    assert.deepEqual(await deadlines({ version: '0.13' }), [300, 60_000, 10_000]);
    assert.deepEqual(await deadlines({ version: '0.13', microbatch: false }), [60_000, 60_000, 60_000]);
  });

  it('takes a latency for every API, and never one longer than the time-out', async () => {
    assert.deepEqual(await deadlines({ microbatch: true, mbMaxLatencyMs: 7 }), [7, 60_000, 7]);
    assert.deepEqual(await deadlines({ microbatch: true, timeoutMs: 100 }), [100, 100, 100]);
  });

  it('answers 429 when the latency cannot be met, and where the queue is full', async () => {
    const server = await bundleServer({ apis, version: '0.13' });
    server.engine.fail(new Fault('deadline_exceeded', 'Late.'));
    const late = await server.call('/predict');
    assert.deepEqual([late.status, text(late)], [429, 'Too Many Requests']);
    assert.equal((await server.call('/single')).status, 408);
    server.engine.fail(new Fault('overloaded', 'Full.'));
    assert.equal((await server.call('/single')).status, 429);
  });

  it('answers 503 in words when models cannot be reached', async () => {
    const server = await bundleServer({ apis, version: '0.13' });
    server.engine.fail(new Fault('worker_failed', 'Dead.'));
    const reply = await server.call('/predict');
    assert.deepEqual([reply.status, text(reply)], [503, 'Service Unavailable']);
  });

  it("tells each API's settings in /metadata, 2000 and 10000 where there are none", async () => {
    const server = await bundleServer({ apis: [{ name: 'a' }, { name: 'b', mbMaxBatchSize: 5 }], version: '0.13' });
    const { apis: told } = JSON.parse(JSON.parse(text(await server.get('/metadata'))));
    assert.deepEqual(
      told.map((api: Record<string, unknown>) => [api.mbMaxBatchSize, api.mbMaxLatency, api.batch]),
      [
        [2000, 10_000, true],
        [5, 10_000, true],
      ],
    );
  });
});
