import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ask } from '../../support/ask.ts';
import { bisenetv2, envelopeOf, mortredServer, postStrict, prefix } from './mortredServer.ts';

const names = [
  'up',
  'ready',
  'http_requests_total',
  'http_request_duration_ms',
  'inference_requests_total',
  'inference_success_total',
  'inference_failure_total',
  'queue_rejected_total',
  'async_jobs_total',
  'async_queue_depth',
  'async_job_duration_ms',
  'queue_wait_duration_ms',
  'inference_duration_ms',
  'batch_size',
  'batch_window_wait_ms',
  'workers_available',
  'workers_busy',
  'queue_depth',
  'waiting_jobs',
  'received_jobs_total',
  'finished_jobs_total',
];

describe('mortred c: health', async () => {
  const server = await mortredServer({ profile: 'c' });

  test('/healthz is an envelope of code 0 with no id and no data', async () => {
    const reply = await ask(`${server.url}/healthz`);
    assert.equal(reply.status, 200);
    assert.deepEqual(envelopeOf(reply), { req_id: '', code: 0, msg: 'success', data: null });
    assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(reply.headers['cache-control'], 'no-store');
  });

  test('/ready is 200 while a worker is free', async () => {
    const reply = await ask(`${server.url}/ready`);
    assert.deepEqual([reply.status, envelopeOf(reply).code, envelopeOf(reply).data], [200, 0, null]);
  });

  test('/ready is 503, 65 while nothing is loaded, and while every worker is busy', async () => {
    const waiting = await mortredServer({ profile: 'c' });
    waiting.engine.reasonNotReady = 'Loading.';
    const loading = await ask(`${waiting.url}/ready`);
    assert.deepEqual([loading.status, envelopeOf(loading).code], [503, 65]);
    waiting.engine.reasonNotReady = undefined;
    for (const worker of [
      { pid: 1, state: 'ready', rssBytes: 1, batchesInFlight: 1 },
      { pid: 1, state: 'starting', rssBytes: 1, batchesInFlight: 0 },
    ] as const) {
      waiting.engine.stands = { workers: [worker] };
      assert.equal((await ask(`${waiting.url}/ready`)).status, 503, worker.state);
    }
    assert.equal((await ask(`${waiting.url}/healthz`)).status, 200);
  });

  for (const method of ['GET', 'POST']) {
    test(`${method} /welcome and /hello_world are the pages of the older eras`, async () => {
      const welcome = await ask(`${server.url}/welcome`, { method });
      const hello = await ask(`${server.url}/hello_world`, { method });
      assert.equal(String(welcome.bytes), '<html>Welcome to jinq ai server</html>');
      assert.equal(String(hello.bytes), '<html>Hello World !!!</html>');
      assert.equal(welcome.headers['content-type'], undefined);
    });
  }

  test('/openapi.json describes every address of this server', async () => {
    const reply = await ask(`${server.url}/openapi.json`);
    assert.equal(reply.headers['content-type'], 'application/json; charset=utf-8');
    const document = JSON.parse(String(reply.bytes)) as { openapi: string; paths: Record<string, unknown> };
    assert.match(document.openapi, /^3\./);
    assert.ok(document.paths[bisenetv2]);
    assert.ok(document.paths['/healthz']);
    assert.equal(document.paths['/jobs'], undefined);
  });
});

describe('mortred c: metrics', async () => {
  const server = await mortredServer({ profile: 'c', strict: { queueDepthMax: 1 } });
  const scrape = async () => {
    const reply = await ask(`${server.url}/metrics`);
    assert.match(String(reply.headers['content-type']), /^text\/plain; version=0\.0\.4/);
    return String(reply.bytes);
  };
  const value = (text: string, name: string) =>
    Number(new RegExp(`^mortred_${name}\\{model="${bisenetv2}"\\} (\\S+)$`, 'm').exec(text)?.[1]);

  for (const name of names) {
    test(`mortred_${name} is there, by address`, async () => {
      const text = await scrape();
      assert.match(text, new RegExp(`^# TYPE mortred_${name} (counter|gauge|histogram)$`, 'm'));
      const series = name.endsWith('_ms') || name === 'batch_size' ? `${name}_count` : name;
      assert.ok(!Number.isNaN(value(text, series)), series);
    });
  }

  test('nothing else is', async () => {
    const types = (await scrape()).match(/^# TYPE \S+/gm)!.map((line) => line.slice('# TYPE mortred_'.length));
    assert.deepEqual(types.toSorted(), names.toSorted());
  });

  test('runs are counted where they happened', async () => {
    const before = await scrape();
    await postStrict(server, bisenetv2);
    await postStrict(server, bisenetv2, { img_data: 'AAAA' });
    await postStrict(server, bisenetv2, '{');
    await postStrict(server, '/invented/by/a/caller');
    const after = await scrape();
    const grown = (name: string) => value(after, name) - value(before, name);
    assert.equal(grown('http_requests_total'), 3);
    assert.equal(grown('http_request_duration_ms_count'), 3);
    assert.equal(grown('inference_requests_total'), 2);
    assert.equal(grown('inference_success_total'), 1);
    assert.equal(grown('inference_failure_total'), 1);
    assert.equal(grown('received_jobs_total'), 2);
    assert.equal(grown('finished_jobs_total'), 2);
    assert.equal(grown('inference_duration_ms_sum'), 10);
    assert.equal(grown('queue_wait_duration_ms_sum'), 3);
    assert.equal(grown('batch_size_sum'), 2);
    assert.equal(value(after, 'up'), 1);
    assert.equal(value(after, 'ready'), 1);
    assert.equal(value(after, 'workers_available'), 1);
    assert.equal(value(after, 'workers_busy'), 0);
    assert.doesNotMatch(after, /invented/);
    assert.doesNotMatch(after, new RegExp(`_total\\{model="${prefix}/scene_segmentation/hrnet"\\} [1-9]`));
  });

  test('what waits and what is refused is seen', async () => {
    const before = server.engine.requests.length;
    const { release } = server.engine.hold();
    const held = [1, 2].map(() => postStrict(server, bisenetv2));
    while (server.engine.requests.length < before + 2) await new Promise((resolve) => setTimeout(resolve, 5));
    const refused = value(await scrape(), 'queue_rejected_total');
    await postStrict(server, bisenetv2);
    const text = await scrape();
    assert.deepEqual([value(text, 'queue_depth'), value(text, 'waiting_jobs')], [1, 1]);
    assert.equal(value(text, 'queue_rejected_total') - refused, 1);
    release();
    await Promise.all(held);
    assert.equal(value(await scrape(), 'queue_depth'), 0);
  });
});
