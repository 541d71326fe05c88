import type { FaultCode } from '@segserve/contract';
import { type FaultReply, GrpcError, type GrpcStatus, grpcStatus } from '../../domain/wire.ts';
import { faultOfError } from '../wire/faultOfError.ts';
import { Unsupported } from './unsupported.ts';

interface Meaning {
  readonly status: number;
  readonly grpc: GrpcStatus;
}

const badRequest: Meaning = { status: 400, grpc: grpcStatus.invalidArgument };
const unavailable: Meaning = { status: 503, grpc: grpcStatus.unavailable };
const internal: Meaning = { status: 500, grpc: grpcStatus.internal };

/**
 * What every fault code means on this wire. Triton knows INVALID_ARG (400), NOT_FOUND (404), INTERNAL (500), UNSUPPORTED (501)
 * and UNAVAILABLE (503), which is also what it answers when a request's `timeout` passes; the others are what HTTP says.
 */
export const faultMeanings: Readonly<Record<FaultCode, Meaning>> = {
  invalid_request: badRequest,
  unknown_model: { status: 404, grpc: grpcStatus.notFound },
  unknown_answer: badRequest,
  not_acceptable: badRequest,
  unsupported_media_type: { status: 415, grpc: grpcStatus.invalidArgument },
  empty_image: badRequest,
  unsupported_image: badRequest,
  corrupt_image: badRequest,
  image_too_large: badRequest,
  body_too_large: { status: 413, grpc: grpcStatus.resourceExhausted },
  poison_input: badRequest,
  source_forbidden: badRequest,
  source_unavailable: unavailable,
  not_found: { status: 404, grpc: grpcStatus.unimplemented },
  method_not_allowed: { status: 405, grpc: grpcStatus.unimplemented },
  forbidden_origin: { status: 403, grpc: grpcStatus.permissionDenied },
  headers_too_large: { status: 431, grpc: grpcStatus.resourceExhausted },
  request_timeout: { status: 408, grpc: grpcStatus.unavailable },
  overloaded: unavailable,
  shutting_down: unavailable,
  model_not_ready: unavailable,
  deadline_exceeded: unavailable,
  cancelled: { status: 499, grpc: grpcStatus.cancelled },
  worker_failed: internal,
  model_invalid: internal,
  config_invalid: internal,
  internal,
};

/** Anything thrown, over HTTP: a status and `{"error": …}`. */
export function answerFault(error: unknown): FaultReply {
  if (error instanceof Unsupported) return errorReply(501, error.message);
  const fault = faultOfError(error, 'oip');
  const { status } = faultMeanings[fault.code];
  const waitS = Math.ceil((fault.retryAfterMs ?? 1000) / 1000) || 1;
  return errorReply(status, fault.message, status === 503 ? { 'retry-after': String(waitS) } : {});
}

function errorReply(status: number, message: string, headers: Readonly<Record<string, string>> = {}): FaultReply {
  const body = Buffer.from(JSON.stringify({ error: message }));
  return { status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers }, body };
}

/** Anything thrown, over gRPC. */
export function grpcErrorOf(error: unknown): GrpcError {
  if (error instanceof GrpcError) return error;
  if (error instanceof Unsupported) return new GrpcError(grpcStatus.unimplemented, error.message);
  const fault = faultOfError(error, 'oip gRPC');
  return new GrpcError(faultMeanings[fault.code].grpc, fault.message);
}
