import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Bundle } from './bundle.ts';

/** A reply as it is counted. */
export interface Counted {
  /** Path with its slash; one word for all that are none of the bundle's, since callers choose those. */
  readonly endpoint: string;
  readonly method: string;
  readonly status: number;
  readonly seconds: number;
}

/** The metrics of a bundle under the names and labels of 0.x (bentoml/server/instruments.py, bentoml/marshal/marshal.py). */
export interface Instruments {
  started(endpoint: string, method: string): void;
  ended(reply: Counted): void;
  /** A reply to something that never started here: an unknown address, a wrong method. */
  refused(endpoint: string, status: number): void;
  batch(endpoint: string, size: number): void;
  exception(endpoint: string, exceptionClass: string): void;
  text(): Promise<string>;
}

const batchSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2000];
/** The defaults of Prometheus' Python client, so that old dashboards find their buckets. */
const seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

export function createInstruments(bundle: Bundle): Instruments {
  const registry = new Registry();
  const service = serviceMetrics(bundle, registry);
  // Of the process in front that forms batches; without it nobody would count these.
  const front = bundle.microbatch ? frontMetrics(bundle, registry) : undefined;
  const service_version = bundle.serviceVersion;
  return {
    started(endpoint, method) {
      service.inProgress.inc({ endpoint, service_version });
      front?.inProgress.inc({ endpoint, http_method: method });
    },
    ended({ endpoint, method, status, seconds }) {
      const http_response_code = String(status);
      service.inProgress.dec({ endpoint, service_version });
      service.total.inc({ endpoint, service_version, http_response_code });
      service.duration.observe({ endpoint, service_version, http_response_code }, seconds);
      front?.inProgress.dec({ endpoint, http_method: method });
      front?.total.inc({ endpoint, http_response_code });
      front?.duration.observe({ endpoint, http_response_code }, seconds);
    },
    refused(endpoint, status) {
      const http_response_code = String(status);
      service.total.inc({ endpoint, service_version, http_response_code });
      front?.total.inc({ endpoint, http_response_code });
    },
    batch: (endpoint, size) => front?.batchSize.observe({ endpoint }, size),
    exception: (endpoint, exception_class) => front?.exceptions.inc({ endpoint, exception_class }),
    text: () => registry.metrics(),
  };
}

function serviceMetrics({ service }: Bundle, registry: Registry) {
  const registers = [registry];
  const labelNames = ['endpoint', 'service_version', 'http_response_code'] as const;
  return {
    duration: new Histogram({
      name: `BENTOML_${service}_request_duration_seconds`,
      help: 'From the arrival of a request to its reply',
      labelNames,
      buckets: seconds,
      registers,
    }),
    total: new Counter({ name: `BENTOML_${service}_request_total`, help: 'Requests answered', labelNames, registers }),
    inProgress: new Gauge({
      name: `BENTOML_${service}_request_in_progress`,
      help: 'Requests being answered now',
      labelNames: ['endpoint', 'service_version'],
      registers,
    }),
  };
}

function frontMetrics({ service, version }: Bundle, registry: Registry) {
  const registers = [registry];
  const labelNames = ['endpoint', 'http_response_code'] as const;
  // The name as 0.9 had it, slip included.
  const duration = version === '0.9' ? 'mb_requestmb_duration_seconds' : 'mb_request_duration_seconds';
  return {
    batchSize: new Histogram({
      name: `BENTOML_${service}_mb_batch_size`,
      help: 'Pictures that shared the inference of a request',
      labelNames: ['endpoint'],
      buckets: batchSizes,
      registers,
    }),
    duration: new Histogram({
      name: `BENTOML_${service}_${duration}`,
      help: 'From the arrival of a request to its reply, batching included',
      labelNames,
      buckets: seconds,
      registers,
    }),
    inProgress: new Gauge({
      name: `BENTOML_${service}_mb_request_in_progress`,
      help: 'Requests waiting for their batch or its answer now',
      labelNames: ['endpoint', 'http_method'],
      registers,
    }),
    exceptions: new Counter({
      name: `BENTOML_${service}_mb_request_exception`,
      help: 'Requests that the model server could not take',
      labelNames: ['endpoint', 'exception_class'],
      registers,
    }),
    total: new Counter({
      name: `BENTOML_${service}_mb_request_total`,
      help: 'Requests answered',
      labelNames,
      registers,
    }),
  };
}
