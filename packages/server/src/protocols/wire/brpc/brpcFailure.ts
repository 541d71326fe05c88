import type { FaultCode } from '@segserve/contract';
import { faultOfError } from '../faultOfError.ts';
import { type BrpcCode, brpcCode } from './errorCodes.ts';

/** What a brpc server answers instead of a message: a number, and a text that will get `[ip:port][E<number>]` in front. */
export class BrpcFailure extends Error {
  readonly code: BrpcCode;

  constructor(code: BrpcCode, message: string) {
    super(message);
    this.name = 'BrpcFailure';
    this.code = code;
  }
}

/** The message of a request is none: each transport says so in its own words, then why. */
export class UnreadableMessage extends Error {
  constructor(why: string) {
    super(why);
    this.name = 'UnreadableMessage';
  }
}

/** How HTTP and gRPC say that a body is no such message; anything else stays as it is. */
export function bodyFailureOf(error: unknown, requestType: string): unknown {
  if (!(error instanceof UnreadableMessage)) return error;
  return new BrpcFailure(brpcCode.badRequest, `Fail to parse http body as ${requestType}, ${error.message}`);
}

/** Anything wrong behind the message: the original ends its operator and says nothing more; here the reason follows. */
export function operatorFailure(why: string): BrpcFailure {
  return new BrpcFailure(brpcCode.opFailed, `InferService inference failed! ${why}`);
}

/** What each fault means in brpc's numbers. −5100 is what its services answer to every failure of their own. */
const codes: Readonly<Record<FaultCode, BrpcCode>> = {
  invalid_request: brpcCode.badRequest,
  unknown_model: brpcCode.opFailed,
  unknown_answer: brpcCode.opFailed,
  not_acceptable: brpcCode.badRequest,
  unsupported_media_type: brpcCode.badRequest,
  empty_image: brpcCode.opFailed,
  unsupported_image: brpcCode.opFailed,
  corrupt_image: brpcCode.opFailed,
  image_too_large: brpcCode.opFailed,
  body_too_large: brpcCode.badRequest,
  poison_input: brpcCode.opFailed,
  source_forbidden: brpcCode.opFailed,
  source_unavailable: brpcCode.opFailed,
  not_found: brpcCode.noMethod,
  method_not_allowed: brpcCode.noMethod,
  forbidden_origin: brpcCode.badRequest,
  headers_too_large: brpcCode.badRequest,
  request_timeout: brpcCode.timedOut,
  overloaded: brpcCode.limitReached,
  shutting_down: brpcCode.stopping,
  model_not_ready: brpcCode.stopping,
  deadline_exceeded: brpcCode.timedOut,
  cancelled: brpcCode.timedOut,
  worker_failed: brpcCode.opFailed,
  model_invalid: brpcCode.opFailed,
  config_invalid: brpcCode.internal,
  internal: brpcCode.internal,
};

/** Anything thrown, as brpc would put it. */
export function failureOf(error: unknown): BrpcFailure {
  if (error instanceof BrpcFailure) return error;
  if (error instanceof UnreadableMessage) return new BrpcFailure(brpcCode.badRequest, error.message);
  const { code, message } = faultOfError(error, 'brpc');
  const number = codes[code];
  return number === brpcCode.opFailed ? operatorFailure(message) : new BrpcFailure(number, message);
}

/** As `failureOf`, but of a fault of the engine: there a request that cannot be used is the operator's failure. */
export function engineFailureOf(error: unknown): BrpcFailure {
  const failure = failureOf(error);
  if (failure.code !== brpcCode.badRequest) return failure;
  return operatorFailure(failure.message);
}

/** `[127.0.0.1:9393][E1003]Fail to …`; every error text of brpc begins so. */
export function errorText(failure: BrpcFailure, local: string): string {
  return `[${local.replace(/^::ffff:/i, '')}][E${failure.code}]${failure.message}`;
}
