import { type GrpcStatus, grpcStatus } from '../../../domain/wire.ts';

/**
 * Numbers that a brpc server answers with: https://github.com/apache/brpc/blob/master/src/brpc/errno.proto, and those of
 * Paddle Serving's operators.
 */
export const brpcCode = {
  noService: 1001,
  noMethod: 1002,
  badRequest: 1003,
  timedOut: 1008,
  internal: 2001,
  stopping: 2003,
  limitReached: 2004,
  opFailed: -5100,
} as const;
export type BrpcCode = (typeof brpcCode)[keyof typeof brpcCode];

/** As src/brpc/http_status_code.cpp of brpc has them. */
const httpStatuses: Readonly<Record<BrpcCode, number>> = {
  [brpcCode.noService]: 404,
  [brpcCode.noMethod]: 404,
  [brpcCode.badRequest]: 400,
  [brpcCode.timedOut]: 504,
  [brpcCode.internal]: 500,
  [brpcCode.stopping]: 503,
  [brpcCode.limitReached]: 503,
  [brpcCode.opFailed]: 500,
};

/** As src/brpc/grpc.cpp has them, but for what it calls OK (every failed operator) or INTERNAL (a passed deadline). */
const grpcStatuses: Readonly<Record<BrpcCode, GrpcStatus>> = {
  [brpcCode.noService]: grpcStatus.unimplemented,
  [brpcCode.noMethod]: grpcStatus.unimplemented,
  [brpcCode.badRequest]: grpcStatus.invalidArgument,
  [brpcCode.timedOut]: grpcStatus.deadlineExceeded,
  [brpcCode.internal]: grpcStatus.internal,
  [brpcCode.stopping]: grpcStatus.unavailable,
  [brpcCode.limitReached]: grpcStatus.unavailable,
  [brpcCode.opFailed]: grpcStatus.internal,
};

export function httpStatusOf(code: BrpcCode): number {
  return httpStatuses[code];
}

export function grpcStatusOf(code: BrpcCode): GrpcStatus {
  return grpcStatuses[code];
}
