import { create, toBinary } from '@bufbuild/protobuf';
import { Fault } from '../../domain/fault.ts';
import { GrpcError, type GrpcService, grpcStatus } from '../../domain/wire.ts';
import { PipelineError, replyOfError } from './errorCodes.ts';
import { ResponseSchema } from './gen/paddle_pipeline_pb.ts';
import type { PipelineReply } from './message.ts';
import { parseGrpc } from './parseGrpc.ts';
import type { AnswerPipeline } from './routes.ts';
import type { Generation } from './settings.ts';

/** `PipelineService/inference` for clients of every generation. */
export function pipelineService(answer: AnswerPipeline, generation: Generation): GrpcService {
  return {
    name: 'baidu.paddle_serving.pipeline_serving.PipelineService',
    methods: {
      inference: {
        kind: 'unary',
        async handle(message, { signal, requestId, deadlineMs }) {
          try {
            const request = await parseGrpc(message, generation);
            return bytesOf(await answer(request, { signal, requestId, deadlineMs }));
          } catch (error) {
            if (error instanceof PipelineError) return bytesOf(replyOfError(error, generation));
            if (error instanceof Fault && error.code === 'invalid_request') {
              throw new GrpcError(grpcStatus.invalidArgument, error.message);
            }
            throw error;
          }
        },
      },
    },
  };
}

function bytesOf({ errNo, errMsg, keys, values }: PipelineReply): Uint8Array {
  const message = create(ResponseSchema, { errNo, errMsg, key: [...keys], value: [...values] });
  return toBinary(ResponseSchema, message);
}
