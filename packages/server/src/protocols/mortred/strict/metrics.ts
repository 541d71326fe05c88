import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Engine } from '../../../domain/engineDoor.ts';
import type { SegmentResult } from '../../../domain/request.ts';
import { freeWorkers, readyWorkers } from './workers.ts';

/** Milliseconds: a cached answer and a job of minutes fit in the same buckets. */
const milliseconds = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000, 300_000];
const batchSizes = [1, 2, 4, 8, 16, 32, 64];

const counters = {
  http_requests_total: 'HTTP requests answered',
  inference_requests_total: 'Runs asked for',
  inference_success_total: 'Runs that gave an answer',
  inference_failure_total: 'Runs that gave none',
  queue_rejected_total: 'Requests refused because the queue was full',
  async_jobs_total: 'Jobs accepted',
  received_jobs_total: 'Requests that took a place in the queue',
  finished_jobs_total: 'Requests that have left it, whatever became of them',
} as const;

const histograms = {
  http_request_duration_ms: 'From the headers of a request to its whole reply',
  async_job_duration_ms: 'From the submission of a job to its end',
  queue_wait_duration_ms: 'Time that a run waited for a worker',
  inference_duration_ms: 'Time that a worker spent on a run, from decoding to encoding',
  batch_size: 'Pictures that shared one inference',
  batch_window_wait_ms: 'Stays empty: here the wait for a batch to fill is a part of queue_wait_duration_ms',
} as const;

const gauges = {
  up: '1 while this process answers',
  ready: '1 when a request would find a worker',
  async_queue_depth: 'Jobs that are pending',
  workers_available: 'Workers without work',
  workers_busy: 'Workers with work',
  queue_depth: 'Requests that wait for a worker',
  waiting_jobs: 'The same as queue_depth, by its older name',
} as const;

/** What the page asks about one address whenever it is read. */
export interface Depths {
  readonly waiting: () => number;
  readonly jobsPending: () => number;
}

/** `/metrics` of the strict contract: its own names, each with the address as label `model`. */
export class StrictMetrics {
  readonly #registry = new Registry();
  readonly #counters: Readonly<Record<keyof typeof counters, Counter>>;
  readonly #histograms: Readonly<Record<keyof typeof histograms, Histogram>>;

  constructor(engine: Engine, depths: ReadonlyMap<string, Depths>) {
    const common = { labelNames: ['model'], registers: [this.#registry] };
    this.#counters = mapped(counters, (name, help) => new Counter({ name, help, ...common }));
    this.#histograms = mapped(histograms, (name, help) => {
      return new Histogram({ name, help, ...common, buckets: name.endsWith('_ms') ? milliseconds : batchSizes });
    });
    const read: Readonly<Record<keyof typeof gauges, (depths: Depths) => number>> = {
      up: () => 1,
      ready: () => (engine.notReady() === undefined && freeWorkers(engine) > 0 ? 1 : 0),
      async_queue_depth: ({ jobsPending }) => jobsPending(),
      workers_available: () => freeWorkers(engine),
      workers_busy: () => readyWorkers(engine) - freeWorkers(engine),
      queue_depth: ({ waiting }) => waiting(),
      waiting_jobs: ({ waiting }) => waiting(),
    };
    mapped(gauges, (name, help, key) => {
      const collect = function (this: Gauge) {
        for (const [model, one] of depths) this.set({ model }, read[key](one));
      };
      return new Gauge({ name, help, ...common, collect });
    });
    for (const model of depths.keys()) this.#startAtZero(model);
  }

  /** So that a rate can be drawn from the first event on. */
  #startAtZero(model: string): void {
    for (const counter of Object.values(this.#counters)) counter.inc({ model }, 0);
    for (const histogram of Object.values(this.#histograms)) histogram.zero({ model });
  }

  at(model: string): Counted {
    const { received_jobs_total, inference_requests_total, ...rest } = this.#counters;
    const { queue_wait_duration_ms, inference_duration_ms, batch_size, ...times } = this.#histograms;
    return {
      answered(ms) {
        rest.http_requests_total.inc({ model });
        times.http_request_duration_ms.observe({ model }, ms);
      },
      received() {
        received_jobs_total.inc({ model });
        inference_requests_total.inc({ model });
      },
      succeeded(result, runMs) {
        rest.finished_jobs_total.inc({ model });
        rest.inference_success_total.inc({ model });
        queue_wait_duration_ms.observe({ model }, result.timings.queue);
        inference_duration_ms.observe({ model }, runMs);
        batch_size.observe({ model }, result.batchSize);
      },
      failed() {
        rest.finished_jobs_total.inc({ model });
        rest.inference_failure_total.inc({ model });
      },
      rejected: () => rest.queue_rejected_total.inc({ model }),
      jobAccepted: () => rest.async_jobs_total.inc({ model }),
      jobEnded: (ms) => times.async_job_duration_ms.observe({ model }, ms),
    };
  }

  async text(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }
}

/** What happens at one address. */
export interface Counted {
  answered(ms: number): void;
  received(): void;
  succeeded(result: SegmentResult, runMs: number): void;
  failed(): void;
  rejected(): void;
  jobAccepted(): void;
  jobEnded(ms: number): void;
}

function mapped<Key extends string, Metric>(
  table: Readonly<Record<Key, string>>,
  make: (name: string, help: string, key: Key) => Metric,
): Record<Key, Metric> {
  const entries = (Object.keys(table) as Key[]).map((key) => [key, make(`mortred_${key}`, table[key], key)]);
  return Object.fromEntries(entries) as Record<Key, Metric>;
}
