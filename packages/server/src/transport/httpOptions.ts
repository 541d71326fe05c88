/** What the HTTP listener needs to know; plain data, all of it checked by `config/`. */
export interface HttpOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Bytes of one request body. */
  readonly bodyBytesMax: number;
  /** Time for the headers of a request to arrive, from the connection or from the reply before. */
  readonly headersTimeoutMs: number;
  /** Time for a whole request to arrive. */
  readonly requestTimeoutMs: number;
  /** How long an idle connection is kept; 0: each reply ends its connection. */
  readonly keepAliveTimeoutMs: number;
  /** Open connections; more are dropped before a byte is read. */
  readonly connectionsMax: number;
  /** Origins whose web pages may call this server, "*" for all; none: closed. */
  readonly cors: false | { readonly origins: readonly string[] };
  /** Names besides localhost by which a listener on a loopback address may be called; "*" for any. */
  readonly hostNames?: readonly string[];
  /** Absolute paths of PEM files; absent: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Bytes of all request bodies that this process holds at once. */
  readonly bodiesBytesMax?: number;
  /** Bytes of one request's headers. */
  readonly headersBytesMax?: number;
  /** Headers of one request. */
  readonly headersCountMax?: number;
  /** How long a client may take no byte of its reply. */
  readonly replyTimeoutMs?: number;
  /** How long the rest of a refused body is read and dropped, so that its sender can read why. */
  readonly lingerMs?: number;
  /** Believe X-Forwarded-* of the proxy in front. */
  readonly trustProxy?: boolean;
}

export const httpDefaults = {
  bodiesBytesMax: 1024 * 1024 * 1024,
  headersBytesMax: 16 * 1024,
  headersCountMax: 200,
  replyTimeoutMs: 60_000,
  lingerMs: 2_000,
  trustProxy: false,
} as const satisfies Partial<HttpOptions>;

export type HttpSettings = HttpOptions & Required<Pick<HttpOptions, keyof typeof httpDefaults>>;
