import type { AnswerKind } from '@segserve/contract';

/** Which of Paddle Serving's tables of error numbers is spoken: v0.4 to v0.6, v0.7, v0.8 to v0.9. */
export type Generation = '0.4' | '0.7' | '0.9';

/** One operator of the pipeline: a model and what is wanted of it. */
export interface PipelineOpSettings {
  /** `name`, `name:version` or `name:latest`. */
  readonly model: string;
  /** The answer that becomes the value; `tensors`: raw tensors in, the text form of the raw outputs back. */
  readonly answer: AnswerKind | 'tensors';
  /** Name of the value in the reply. */
  readonly key: string;
  /** Whose picture it takes: `request`, or another operator whose answer is a picture. */
  readonly input: string;
  /** cutout: what is transparent keeps its colours, as the predecessor's matting operator leaves them. */
  readonly keepColors: boolean;
  /** Time of one attempt; no bound but the server's own when absent. */
  readonly timeoutMs?: number | undefined;
  /** Attempts; only a time-out is tried again. */
  readonly retry: number;
}

export interface PaddlePipelineSettings {
  /** First segment of the path, and `name` of a gRPC request. */
  readonly service: string;
  readonly generation: Generation;
  /** By name, in any order. */
  readonly ops: Readonly<Record<string, PipelineOpSettings>>;
  /** Every reply tells its timing, as if each request had asked for it. */
  readonly useProfile: boolean;
}
