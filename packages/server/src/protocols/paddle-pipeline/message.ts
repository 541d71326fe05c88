import type { Tensor } from '../../domain/tensor.ts';
import type { LongText } from '../wire/longText.ts';

/** One named value of a request: text as it was sent, or an array. */
export type Feed = string | LongText | Tensor;

/** A request without the form it came in. */
export interface PipelineRequest {
  readonly keys: readonly string[];
  readonly values: readonly (string | LongText)[];
  readonly tensors: readonly NamedFeed[];
  /** gRPC: the service that is called; empty: whichever is here. */
  readonly name: string;
  readonly logId: bigint;
}

export interface NamedFeed {
  readonly name: string;
  readonly feed: Feed;
}

export interface PipelineReply {
  readonly errNo: number;
  readonly errMsg: string;
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

/** What is known of a call besides its message. */
export interface PipelineCaller {
  readonly signal: AbortSignal;
  readonly requestId: string;
  readonly deadlineMs: number | undefined;
}
