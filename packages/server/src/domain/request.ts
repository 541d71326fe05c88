import type { AnswerFormat, AnswerKind, Timings } from '@segserve/contract';

/** One answer that a request asks for, as the caller wrote it. */
export interface AnswerRequest {
  readonly kind: AnswerKind;
  /** The answer's default format when absent. */
  readonly format?: AnswerFormat;
  /** 1…100, for lossy formats. */
  readonly quality?: number;
  /** overlay: weight of the class colours, 0…1. */
  readonly opacity?: number;
  /** alpha, cutout: class names or indices that count as foreground. */
  readonly classes?: readonly (string | number)[];
}

/** What every wire turns its request into. */
export interface SegmentRequest {
  /** `name`, `name:version` or `name:latest`. */
  readonly model: string;
  /** The picture as it came, encoded. */
  readonly image: Uint8Array;
  /** At least one; one inference serves them all. */
  readonly answers: readonly AnswerRequest[];
  /** Opacity from which a pixel is foreground in class maps, 0…1; the manifest's when absent. */
  readonly threshold?: number;
  /** From acceptance to the finished answer; the configured default when absent. */
  readonly deadlineMs?: number;
  /** Aborted when the caller leaves; frees the place in queue and batch. */
  readonly signal?: AbortSignal;
  readonly requestId?: string;
}

/** One finished answer. */
export interface Answer {
  readonly kind: AnswerKind;
  readonly format: AnswerFormat;
  readonly contentType: string;
  readonly bytes: Uint8Array;
}

export interface SegmentResult {
  /** `name:version` */
  readonly model: string;
  /** Of the upright picture, in pixels; every picture answer has this size. */
  readonly width: number;
  readonly height: number;
  /** In the order of the request. */
  readonly answers: readonly Answer[];
  readonly timings: Timings;
  /** How many pictures shared the inference. */
  readonly batchSize: number;
}

/** An answer with nothing left to look up: what a worker is told. */
export interface AnswerPlan {
  readonly kind: AnswerKind;
  readonly format: AnswerFormat;
  readonly quality: number | undefined;
  readonly opacity: number;
  /** Class indices that count as foreground, ascending; undefined: the model's own alpha. */
  readonly foreground: readonly number[] | undefined;
}
