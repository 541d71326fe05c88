import { faultCodeList, faultCodes } from '@segserve/contract';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import { grpcStatus } from '../../../packages/server/src/domain/wire.ts';
import {
  ModelInferRequestSchema,
  ModelInferResponseSchema,
} from '../../../packages/server/src/protocols/oip/gen/open_inference_pb.ts';
import { grpcCaller } from './grpcCaller.ts';
import { oipServer, post } from './oipServer.ts';

export interface Exchange {
  readonly code: string;
  readonly status: number;
  readonly body: string;
  readonly retryAfter: string | null;
  readonly grpc: number;
  readonly details: string;
}

const input = { name: 'x', shape: [1, 2], datatype: 'FP32' };

/** Every fault, as the running wire tells of it when the engine meets it: the same request over HTTP and gRPC. */
export async function recordExchanges(): Promise<Exchange[]> {
  const server = await oipServer();
  const caller = grpcCaller(server);
  const exchanges: Exchange[] = [];
  for (const code of faultCodeList) {
    server.engine.instead = () => Promise.reject(new Fault(code, faultCodes[code], { retryAfterMs: 1500 }));
    const reply = await post(server, '/v2/models/mirror/infer', { inputs: [{ ...input, data: [1, 2] }] });
    const error = await caller
      .call('inference.GRPCInferenceService/ModelInfer', ModelInferRequestSchema, ModelInferResponseSchema, {
        modelName: 'mirror',
        inputs: [{ ...input, shape: [1n, 2n] }],
        rawInputContents: [Buffer.alloc(8)],
      })
      .then(
        () => ({ code: 0, details: '' }),
        (error: { code: number; details: string }) => error,
      );
    exchanges.push({
      code,
      status: reply.status,
      body: reply.bytes.toString(),
      retryAfter: reply.headers.get('retry-after'),
      grpc: error.code,
      details: error.details,
    });
  }
  return exchanges;
}

const statusNames = new Map(Object.entries(grpcStatus).map(([name, code]) => [code as number, name]));

/** As the wire's README shows them. */
export function tableOf(exchanges: readonly Exchange[]): string {
  const rows = exchanges.map(({ code, status, body, retryAfter, grpc }) => {
    const name = statusNames
      .get(grpc)
      ?.replace(/[A-Z]/g, (letter) => `_${letter}`)
      .toUpperCase();
    const after = retryAfter === null ? '' : `, Retry-After: ${retryAfter}`;
    return `| \`${code}\` | ${status}${after} | \`${body}\` | ${grpc} ${name} |`;
  });
  return ['| fault | HTTP | body | gRPC |', '| --- | --- | --- | --- |', ...rows].join('\n');
}
