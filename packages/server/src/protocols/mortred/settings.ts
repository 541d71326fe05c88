import type { Size } from '../../domain/geometry.ts';
import type { Task } from './servers.ts';

/** The three eras of the predecessor: `a` 2022, `b` 2025, `c` the strict contract of 2026. */
export type Profile = 'a' | 'b' | 'c';

/** A server of the operator's own, under an address of its own. */
export interface CustomServer {
  readonly task: Task;
  /** A name of `models`, or a model of segserve. */
  readonly model?: string | undefined;
  /** Of class maps and mattes: `input` is the photo's own, `model` that of the network's output. */
  readonly size?: MapSize | undefined;
}

export type MapSize = 'input' | 'model' | Size;

export interface MortredSettings {
  /** `a` when absent. */
  readonly profile?: Profile | undefined;
  /** Server name, the last word of its address (`bisenetv2`, `modnet` …) → model of segserve. */
  readonly models: Readonly<Record<string, string>>;
  /** Addresses besides the built-in ones, or in their place: the whole request target → what answers there. */
  readonly uris?: Readonly<Record<string, CustomServer>> | undefined;
  /** bisenetv2 of profiles a and b: size of its class map, `model` when absent. */
  readonly modelSize?: MapSize | undefined;
  /** a, b: `code` of a success, 0 when absent; the tutorial of era A shows 1. */
  readonly successCode?: 0 | 1 | undefined;
  /** a, b: whether a request without `req_id` is refused, as the originals do; true when absent. */
  readonly requireRequestId?: boolean | undefined;
  /** `model_run_timeout`; 0: as long as the server allows at all; the server's default when absent. */
  readonly runTimeoutMs?: number | undefined;
  /** What only profile `c` knows. */
  readonly strict?: StrictSettings | undefined;
}

export interface StrictSettings {
  /** `auth_token`; none when absent or empty. */
  readonly authToken?: string | undefined;
  /** `rate_limit_qps` of one client address; 0, the default: none. */
  readonly rateLimitQps?: number | undefined;
  /** `request_size_limit`; 64 MiB when absent. */
  readonly bodyBytesMax?: number | undefined;
  /** `max_queue_depth`, requests of one address that wait; 0, the default: only the engine's own bound. */
  readonly queueDepthMax?: number | undefined;
  /** Whether a request without Content-Type gets 415; true when absent. The predecessor's own client sends none. */
  readonly requireContentType?: boolean | undefined;
  /** `async_*`: absent or not enabled, there is no /jobs. */
  readonly jobs?: JobSettings | undefined;
}

export interface JobSettings {
  readonly enabled: boolean;
  /** Which address's model the jobs run on; the first of `uris`, or bisenetv2, when absent. */
  readonly uri?: string | undefined;
  /** `async_timeout`; 300,000 when absent. */
  readonly timeoutMs?: number | undefined;
  /** `async_max_queue`, jobs that are pending; 16 when absent. */
  readonly queueMax?: number | undefined;
  /** `async_job_ttl` of a job that has ended; 300,000 when absent. */
  readonly ttlMs?: number | undefined;
  /** `async_max_completed`, jobs that have ended and are kept; 100 when absent. */
  readonly completedMax?: number | undefined;
}

/** As the predecessor's code has them. */
export const strictDefaults = {
  bodyBytesMax: 64 * 1024 * 1024,
  jobs: { timeoutMs: 300_000, queueMax: 16, ttlMs: 300_000, completedMax: 100 },
} as const;
