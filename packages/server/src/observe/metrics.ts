import { subscribe as subscribeChannel, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../domain/engineDoor.ts';
import { type Events, subscribe } from '../domain/events.ts';
import { embeddingMetrics } from './embeddingMetrics.ts';
import { engineGauges } from './engineGauges.ts';

export interface MetricsOptions {
  readonly engine: Engine;
  /** Open HTTP connections now. */
  readonly connections?: () => number;
  /** Bytes of request bodies held now. */
  readonly bodiesBytes?: () => number;
  /** Bytes of the pictures that requests may name by their digest. */
  readonly keptPictureBytes?: () => number;
}

export interface Metrics {
  /** The page that Prometheus reads. */
  text(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** Stops listening. */
  close(): void;
}

/** From a tenth of a millisecond to a minute: queues, stages and whole requests fit in the same buckets. */
const seconds = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

/** Counts what the diagnostics channels tell, and asks the engine how it stands whenever the page is read. */
export function createMetrics({ engine, connections, bodiesBytes, keptPictureBytes }: MetricsOptions): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'segserve_requests_total',
    help: 'Segmentation requests by model and outcome ("ok" or a fault code)',
    labelNames: ['model', 'outcome'],
    registers,
  });
  const duration = new Histogram({
    name: 'segserve_request_duration_seconds',
    help: 'From acceptance to the finished answer',
    labelNames: ['model'],
    buckets: seconds,
    registers,
  });
  const stages = new Histogram({
    name: 'segserve_stage_duration_seconds',
    help: 'Time in each stage: queue, decode, preprocess, infer, postprocess, encode',
    labelNames: ['model', 'stage'],
    buckets: seconds,
    registers,
  });
  const imageBytes = new Counter({
    name: 'segserve_image_bytes_total',
    help: 'Encoded bytes of the pictures that reached the engine',
    labelNames: ['model'],
    registers,
  });
  const batches = new Histogram({
    name: 'segserve_batch_size',
    help: 'Pictures that shared one inference',
    labelNames: ['model'],
    buckets: [1, 2, 3, 4, 6, 8, 12, 16, 32, 64, 128, 256],
    registers,
  });
  const workerEvents = new Counter({
    name: 'segserve_worker_events_total',
    help: 'Worker processes started, ready, died, drained, replaced',
    labelNames: ['event'],
    registers,
  });
  const modelEvents = new Counter({
    name: 'segserve_model_events_total',
    help: 'Model loads begun, finished, failed',
    labelNames: ['model', 'event'],
    registers,
  });
  const defects = new Counter({
    name: 'segserve_defects_total',
    help: 'Defects in segserve itself; see the log',
    registers,
  });
  const responses = new Counter({
    name: 'segserve_http_responses_total',
    help: 'HTTP responses by method and status',
    labelNames: ['method', 'status'],
    registers,
  });
  engineGauges(registry, engine);
  if (connections) gauge(registry, 'segserve_http_connections', 'Open HTTP connections', connections);
  if (bodiesBytes) gauge(registry, 'segserve_http_body_bytes', 'Bytes of request bodies held now', bodiesBytes);
  if (keptPictureBytes) {
    const help = 'Bytes of pictures that requests may name by their digest';
    gauge(registry, 'segserve_kept_picture_bytes', help, keptPictureBytes);
  }
  // Event-loop delay, memory, CPU, handles and garbage collection of this process.
  collectDefaultMetrics({ register: registry });

  const modelLabel = modelLabels(engine);
  const onRequest = (event: Events['segserve:request']) => {
    const model = modelLabel(event.model);
    requests.inc({ model, outcome: event.outcome });
    if (event.imageBytes > 0) imageBytes.inc({ model }, event.imageBytes);
    if (event.outcome === 'ok') duration.observe({ model }, event.totalMs / 1000);
    for (const [stage, ms] of Object.entries(event.timings ?? {})) stages.observe({ model, stage }, ms / 1000);
  };
  const onResponse = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    responses.inc({ method: knownMethod(request.method), status: response.statusCode });
  };
  const unsubscribes = [
    subscribe('segserve:request', onRequest),
    subscribe('segserve:batch', ({ model, size }) => batches.observe({ model: modelLabel(model) }, size)),
    subscribe('segserve:worker', ({ event }) => workerEvents.inc({ event })),
    subscribe('segserve:model', ({ model, event }) => modelEvents.inc({ model: modelLabel(model), event })),
    subscribe('segserve:defect', () => defects.inc()),
    embeddingMetrics(registry, modelLabel),
  ];
  // Node's own channel: it sees every reply, also those that no wire has made.
  subscribeChannel('http.server.response.finish', onResponse);

  return {
    text: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    close() {
      for (const stop of unsubscribes) stop();
      unsubscribe('http.server.response.finish', onResponse);
      registry.clear();
    },
  };
}

/** `name:version` of a reference. Names that callers invent must not become series of their own: they are "unknown". */
function modelLabels(engine: Engine): (ref: string) => string {
  const known = new Map<string, string>();
  return (ref) => {
    const label = known.get(ref);
    if (label !== undefined) return label;
    try {
      const { name, version } = engine.model(ref);
      // `latest` may move; every other reference means the same for good.
      if (ref === `${name}:${version}`) known.set(ref, ref);
      return `${name}:${version}`;
    } catch {
      return 'unknown';
    }
  };
}

function knownMethod(method = ''): string {
  return ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].includes(method) ? method : 'other';
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}
