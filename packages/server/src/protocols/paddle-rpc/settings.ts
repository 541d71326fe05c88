/** Which layout of the messages callers use; `auto` tells them apart by their bytes. */
export type Generation = '0.7' | '0.6';

/** What the configuration says of a port that speaks Paddle Serving's RPC mode. */
export interface PaddleRpcSettings {
  /** One entry: the engine name that replies carry, and the segserve model behind it. */
  readonly models?: Readonly<Record<string, string>> | undefined;
  /** Alias → variable of the graph, in the order of the old configuration; the graph's own names when absent. */
  readonly feed?: Readonly<Record<string, string>> | undefined;
  /** Likewise of the outputs. */
  readonly fetch?: Readonly<Record<string, string>> | undefined;
  readonly generation?: Generation | 'auto' | undefined;
  /** Bytes of one message, unpacked: `--max_body_size` of the original. */
  readonly bodyBytesMax?: number | undefined;
  /** Told to callers in error texts where the connection does not say it. */
  readonly host?: string | undefined;
  readonly port?: number | undefined;
}

export const paddleRpcDefaults = {
  models: { GeneralInferOp_0: 'portrait' },
  bodyBytesMax: 512 * 1024 * 1024,
  port: 9393,
} as const;
