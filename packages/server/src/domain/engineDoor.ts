import type { ModelDetail } from '@segserve/contract';
import type { SegmentRequest, SegmentResult } from './request.ts';
import type { ModelSignature, TensorRequest, TensorResult } from './tensor.ts';

export interface WorkerStatus {
  readonly pid: number;
  readonly state: 'starting' | 'ready' | 'draining';
  readonly rssBytes: number;
  readonly batchesInFlight: number;
}

export interface EngineStatus {
  readonly workers: readonly WorkerStatus[];
  readonly ticketsQueued: number;
  readonly ticketsRunning: number;
  readonly ticketsMax: number;
  readonly pixelsInFlight: number;
  readonly workerRestarts: number;
  readonly plan: { readonly workers: number; readonly threads: number; readonly cores: number; readonly why: string };
}

/** The one door to the engine: every wire, the command line and library users end in `segment`, or with raw tensors in `infer`. */
export interface Engine {
  /** Rejects with a Fault; never with anything else. */
  segment(request: SegmentRequest): Promise<SegmentResult>;
  /** Runs the graph as it was exported, on the caller's own tensors. Rejects with a Fault; never with anything else. */
  infer(request: TensorRequest): Promise<TensorResult>;
  /** What `infer` takes and gives. Throws Fault `unknown_model`, or `model_not_ready` until a worker has read the graph. */
  signature(ref: string): ModelSignature;
  /** Loads a model that was unloaded, or tries a failed one again. Resolves when it answers; rejects with why it cannot. */
  load(ref: string): Promise<void>;
  /** Takes nothing new for the model, finishes what it has, and gives its memory back. Resolves when that is done. */
  unload(ref: string): Promise<void>;
  /** Every model known here, loaded or not. */
  models(): readonly ModelDetail[];
  /** One model by `name`, `name:version` or `name:latest`; throws Fault `unknown_model` that lists the known ones. */
  model(ref: string): ModelDetail;
  /** Undefined when ready; otherwise why not, in a sentence. */
  notReady(): string | undefined;
  status(): EngineStatus;
  /** Refuses new requests, finishes accepted ones, ends the workers. Idempotent. */
  close(options?: { graceMs?: number }): Promise<void>;
}
