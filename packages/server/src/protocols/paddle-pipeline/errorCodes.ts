import type { FaultCode } from '@segserve/contract';
import type { Fault } from '../../domain/fault.ts';
import type { PipelineReply } from './message.ts';
import type { Generation } from './settings.ts';

/** Names of errors, spelt as the predecessor spells them, and their numbers in each generation. */
const numbers = {
  OK: { '0.4': 0, '0.7': 0, '0.9': 0 },
  TIMEOUT: { '0.4': 1, '0.7': 1, '0.9': 6000 },
  NOT_IMPLEMENTED: { '0.4': 2, '0.7': 2, '0.9': 3000 },
  TYPE_ERROR: { '0.4': 3, '0.7': 3, '0.9': 7000 },
  RPC_PACKAGE_ERROR: { '0.4': 4, '0.7': 4, '0.9': 8000 },
  CLIENT_ERROR: { '0.4': 5, '0.7': 5, '0.9': 9000 },
  CLOSED_ERROR: { '0.4': 6, '0.7': 6, '0.9': 3001 },
  NO_SERVICE: { '0.4': 7, '0.7': 7, '0.9': 3002 },
  UNKNOW: { '0.4': 8, '0.7': 8, '0.9': 10_000 },
  // Generations that do not know it say that the reason is unknown.
  INPUT_PARAMS_ERROR: { '0.4': 8, '0.7': 9, '0.9': 5000 },
} as const satisfies Readonly<Record<string, Readonly<Record<Generation, number>>>>;

export type PipelineErrorName = keyof typeof numbers;

export function errorNumber(name: PipelineErrorName, generation: Generation): number {
  return numbers[name][generation];
}

/** An error that the reply tells in `err_no` and `err_msg`. */
export class PipelineError extends Error {
  readonly error: PipelineErrorName;
  constructor(error: PipelineErrorName, message: string) {
    super(message);
    this.name = 'PipelineError';
    this.error = error;
  }
}

/** The reply that tells an error. */
export function replyOfError({ error, message }: PipelineError, generation: Generation): PipelineReply {
  return { errNo: errorNumber(error, generation), errMsg: message, keys: [], values: [] };
}

/** Which step of an operator a fault belongs to: its `preprocess` reads the picture, its `process` runs the model. */
interface Meaning {
  readonly error: PipelineErrorName;
  readonly step: 'preprocess' | 'process';
}

const ofInput: Meaning = { error: 'UNKNOW', step: 'preprocess' };
const ofModel: Meaning = { error: 'CLIENT_ERROR', step: 'process' };
const ofClosing: Meaning = { error: 'CLOSED_ERROR', step: 'process' };

/** What every fault is on this wire; a new code does not compile until it is here. */
export const faultMeanings: Readonly<Record<FaultCode, Meaning>> = {
  invalid_request: ofInput,
  unknown_answer: ofInput,
  not_acceptable: ofInput,
  unsupported_media_type: ofInput,
  empty_image: ofInput,
  unsupported_image: ofInput,
  corrupt_image: ofInput,
  image_too_large: ofInput,
  body_too_large: ofInput,
  poison_input: ofInput,
  source_forbidden: ofInput,
  source_unavailable: ofInput,
  not_found: ofInput,
  method_not_allowed: ofInput,
  forbidden_origin: ofInput,
  headers_too_large: ofInput,
  request_timeout: { error: 'TIMEOUT', step: 'preprocess' },
  deadline_exceeded: { error: 'TIMEOUT', step: 'process' },
  unknown_model: ofModel,
  model_not_ready: ofModel,
  model_invalid: ofModel,
  worker_failed: ofModel,
  config_invalid: ofModel,
  overloaded: ofModel,
  cancelled: ofClosing,
  shutting_down: ofClosing,
  internal: { error: 'UNKNOW', step: 'process' },
};

/** A fault of one operator in the predecessor's words: two spaces stand between the parts. */
export function errorOfFault(fault: Fault, op: string, logId: bigint): PipelineError {
  const { error, step } = faultMeanings[fault.code];
  const where = `ClassName: ${op}.${step}  FunctionName: ${step}`;
  if (error === 'CLIENT_ERROR') {
    const text = `(data_id=${logId} log_id=${logId}) [${op}|0] failed to predict. ${fault.message} Please check the input dict and checkout PipelineServingLogs/pipeline.log for more details.`;
    return new PipelineError(error, text);
  }
  return new PipelineError(error, `Log_id: ${logId}  Raise_msg: ${fault.message}  ${where}`);
}
