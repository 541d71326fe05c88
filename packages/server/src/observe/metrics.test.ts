import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import type { Engine, EngineStatus } from '../domain/engineDoor.ts';
import { type Events, publish } from '../domain/events.ts';
import { createMetrics } from './metrics.ts';

const status: EngineStatus = {
  workers: [{ pid: 7, state: 'ready', rssBytes: 1000, batchesInFlight: 2 }],
  ticketsQueued: 3,
  ticketsRunning: 4,
  ticketsMax: 144,
  pixelsInFlight: 5,
  workerRestarts: 6,
  plan: { workers: 1, threads: 2, cores: 2, why: '' },
};

function engineWith(now: () => EngineStatus): Engine {
  return {
    segment: () => Promise.reject(new Error('not here')),
    infer: () => Promise.reject(new Error('not here')),
    signature: () => ({ inputs: [], outputs: [] }),
    load: async () => {},
    unload: async () => {},
    models: () => [],
    model: (ref) => {
      if (ref.split(':')[0] !== 'portrait') throw new Error('unknown');
      return { name: 'portrait', version: '1' } as ReturnType<Engine['model']>;
    },
    notReady: () => undefined,
    status: now,
    close: async () => {},
  };
}

const request: Events['segserve:request'] = {
  requestId: 'r',
  model: 'portrait:1',
  outcome: 'ok',
  totalMs: 20,
  timings: { queue: 1, decode: 2, preprocess: 3, infer: 4, postprocess: 5, encode: 6 },
  batchSize: 2,
  imageBytes: 100,
};

describe('metrics', () => {
  it('count what the channels tell and show how the engine stands when they are read', async () => {
    let now = status;
    const metrics = createMetrics({
      engine: engineWith(() => now),
      connections: () => 9,
      bodiesBytes: () => 10,
      keptPictureBytes: () => 11,
    });
    publish('segserve:request', request);
    publish('segserve:request', { ...request, outcome: 'overloaded', timings: undefined });
    publish('segserve:batch', { model: 'portrait:1', size: 4, workerPid: 7 });
    publish('segserve:worker', { pid: 7, event: 'died', detail: '' });
    publish('segserve:defect', { where: 'test', error: new Error() });
    const { text, contentType } = await metrics.text();
    assert.match(contentType, /^text\/plain; version=0\.0\.4/);
    for (const line of [
      'segserve_requests_total{model="portrait:1",outcome="ok"} 1',
      'segserve_requests_total{model="portrait:1",outcome="overloaded"} 1',
      'segserve_request_duration_seconds_sum{model="portrait:1"} 0.02',
      'segserve_stage_duration_seconds_sum{model="portrait:1",stage="infer"} 0.004',
      'segserve_image_bytes_total{model="portrait:1"} 200',
      'segserve_batch_size_sum{model="portrait:1"} 4',
      'segserve_worker_events_total{event="died"} 1',
      'segserve_defects_total 1',
      'segserve_ready 1',
      'segserve_tickets_queued 3',
      'segserve_tickets_running 4',
      'segserve_pixels_in_flight 5',
      'segserve_worker_restarts 6',
      'segserve_worker_rss_bytes{pid="7",state="ready"} 1000',
      'segserve_http_connections 9',
      'segserve_http_body_bytes 10',
      'segserve_kept_picture_bytes 11',
    ]) {
      assert.ok(text.includes(`${line}\n`), line);
    }
    assert.match(text, /nodejs_eventloop_lag_p99_seconds/);
    now = { ...status, workers: [{ ...status.workers[0]!, pid: 8 }] };
    const later = (await metrics.text()).text;
    assert.match(later, /segserve_worker_rss_bytes\{pid="8"/);
    assert.doesNotMatch(later, /pid="7"/, 'a worker that is gone leaves no series behind');
    metrics.close();
  });

  it('do not grow with names that callers invent', async () => {
    const metrics = createMetrics({ engine: engineWith(() => status) });
    for (let index = 0; index < 100; index++) {
      publish('segserve:request', { ...request, model: `invented-${index}`, outcome: 'unknown_model' });
    }
    publish('segserve:request', { ...request, model: 'portrait:latest' });
    const { text } = await metrics.text();
    assert.match(text, /segserve_requests_total\{model="unknown",outcome="unknown_model"\} 100\n/);
    assert.match(text, /segserve_requests_total\{model="portrait:1",outcome="ok"\} 1\n/);
    assert.doesNotMatch(text, /invented|latest/);
    metrics.close();
  });

  it('count HTTP replies by status, with methods from a closed list', async () => {
    const metrics = createMetrics({ engine: engineWith(() => status) });
    const server = createServer((_, response) => response.writeHead(418).end()).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await fetch(url);
    await fetch(url, { method: 'PROPFIND' });
    server.close();
    const { text } = await metrics.text();
    assert.match(text, /segserve_http_responses_total\{method="GET",status="418"\} 1\n/);
    assert.match(text, /segserve_http_responses_total\{method="other",status="418"\} 1\n/);
    metrics.close();
  });

  it('stop listening when closed', async () => {
    const metrics = createMetrics({ engine: engineWith(() => status) });
    metrics.close();
    publish('segserve:request', request);
    assert.equal((await metrics.text()).text.trim(), '');
  });
});
