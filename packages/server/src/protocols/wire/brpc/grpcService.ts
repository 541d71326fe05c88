import { GrpcError, type GrpcMethod, type GrpcService } from '../../../domain/wire.ts';
import { bodyFailureOf, errorText, failureOf } from './brpcFailure.ts';
import { grpcStatusOf } from './errorCodes.ts';
import { type BrpcService, fullNameOf } from './service.ts';

/** A brpc service over gRPC; `local` is the address that its error texts begin with. */
export function brpcGrpc(service: BrpcService, local: string): GrpcService {
  const methods = service.methods.map((method): [string, GrpcMethod] => [
    method,
    {
      kind: 'unary',
      async handle(body, { signal, requestId, deadlineMs }) {
        try {
          return await service.answer({ method, form: 'protobuf', body, signal, requestId, deadlineMs });
        } catch (error) {
          const failure = failureOf(bodyFailureOf(error, service.requestType));
          throw new GrpcError(grpcStatusOf(failure.code), errorText(failure, local));
        }
      },
    },
  ]);
  return { name: fullNameOf(service), methods: Object.fromEntries(methods) };
}
