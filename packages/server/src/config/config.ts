import type { Limits } from '../domain/limits.ts';
import type { WireConfig } from './wires.ts';

/** Everything that can be set, after defaults, file, environment and flags are merged and checked; frozen to the leaves. */
export interface Config {
  /** Absolute paths of folders with model packages, besides the built-in ones. */
  readonly models: readonly string[];
  /** The model of requests that name none: `name`, `name:version` or `name:latest`. */
  /** Names, or `all`. */
  readonly builtInModels: readonly string[];
  readonly defaultModel: string;
  readonly listen: ListenConfig;
  /** Protocols of other servers, beside the native API on `listen`. */
  readonly wires: readonly WireConfig[];
  readonly engine: EngineConfig;
  readonly limits: Limits;
  readonly sources: SourcesConfig;
  readonly log: LogConfig;
}

export interface ListenConfig {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Bytes of one request body, picture and form around it. */
  readonly bodyBytesMax: number;
  /** Bytes of all request bodies held at once. */
  readonly bodiesBytesMax: number;
  readonly headersBytesMax: number;
  readonly headersTimeoutMs: number;
  readonly requestTimeoutMs: number;
  /** How long a client may take no byte of its reply. */
  readonly replyTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly connectionsMax: number;
  /** Believe the X-Forwarded-* headers of the proxy in front. */
  readonly trustProxy: boolean;
  /** Names besides localhost by which a listener on a loopback address may be called; "*" for any. */
  readonly hostNames: readonly string[];
  readonly cors: { readonly origins: readonly string[] };
  /** Absolute paths of PEM files; absent: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface EngineConfig {
  readonly workers: number | 'auto';
  /** Inference threads of each worker. */
  readonly threads: number | 'auto';
  /** Resident memory above which a worker is drained and replaced. */
  readonly workerBytesMax: number | 'auto';
  /** How long accepted requests may take to finish once the server is asked to stop. */
  readonly graceMs: number;
}

/** What requests may name instead of carrying it. */
export interface SourcesConfig {
  readonly urls: boolean;
  readonly urlHosts: readonly string[];
  /** CIDR blocks. */
  readonly urlNetworks: readonly string[];
  readonly urlTimeoutMs: number;
  readonly urlsInFlightMax: number;
  /** Absolute; absent: no paths. */
  readonly readFolder?: string;
  /** Absolute; absent: nothing is written. */
  readonly writeFolder?: string;
}

export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;

export interface LogConfig {
  readonly level: (typeof logLevels)[number];
  readonly format: 'json' | 'pretty';
}
