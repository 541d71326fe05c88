import type { Tensor } from '../../domain/tensor.ts';
import type { OutputForm } from './elemTypes.ts';
import type { Generation } from './settings.ts';

export interface ReplyTensor {
  readonly alias: string;
  readonly tensor: Tensor;
  readonly form: OutputForm;
}

/** A reply, whatever encoding it leaves in. */
export interface InferReply {
  readonly generation: Generation;
  readonly engineName: string;
  readonly tensors: readonly ReplyTensor[];
  /** Microseconds since 1970, in pairs of begin and end. */
  readonly profileTimes: readonly number[];
}
