import type { WireTensor } from './wireTensor.ts';

export type ParameterValue = string | number | boolean;
export type Parameters = Readonly<Record<string, ParameterValue>>;

/** An output that a client names. */
export interface OutputWish {
  readonly name: string;
  /** How many of the best elements are wanted as text instead of the tensor; 0: the tensor. */
  readonly classification: number;
  /** HTTP: as bytes behind the JSON, or inside it; undefined: as the request says of all outputs. */
  readonly binary: boolean | undefined;
}

/** A request without the form it came in. */
export interface InferRequest {
  readonly id: string;
  readonly parameters: Parameters;
  readonly inputs: readonly WireTensor[];
  /** All outputs of the graph when empty. */
  readonly outputs: readonly OutputWish[];
}

export interface InferOutput {
  readonly tensor: WireTensor;
  /** What an element of a BYTES output is: `image/png`. */
  readonly contentType?: string;
}

export interface InferReply {
  readonly model: string;
  readonly version: string;
  readonly id: string;
  readonly outputs: readonly InferOutput[];
}

/** What is known of a call besides its request. */
export interface InferCaller {
  readonly signal: AbortSignal;
  readonly requestId: string;
  /** What the transport leaves; undefined: no limit of its own. */
  readonly deadlineMs: number | undefined;
}
