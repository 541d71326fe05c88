import type { ExecutionProvider } from '@segserve/contract';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { ModelSignature } from '../domain/tensor.ts';
import type { TensorModel } from './tensorRun.ts';
import type { Job, Outcome } from './work.ts';

/** A package that a worker holds open, whatever its task. */
export interface Opened {
  readonly spec: ModelSpec;
  /** The execution provider that it really got. */
  readonly provider: ExecutionProvider;
  /** Whether pre- or post-processing run inside the graph. */
  readonly fused: boolean;
  /** What was fused or why not, and what else an operator should know. */
  readonly note: string;
  /** Of the graph as it was exported. */
  readonly signature: ModelSignature;
  /** Where raw tensors are answered. */
  readonly tensors: TensorModel;
  /** Pictures to answers: settles each job exactly once, as soon as it is done; resolves when all have; never rejects. */
  segment(jobs: readonly Job[], settle: (index: number, outcome: Outcome) => void): Promise<void>;
  /** One run on something harmless: a graph that cannot run is told of now. Rejects with Fault `model_invalid`. */
  warmUp(): Promise<void>;
  /** Waits for runs in flight, then gives the memory back. Idempotent. */
  close(): Promise<void>;
}
