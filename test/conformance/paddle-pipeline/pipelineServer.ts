import { after } from 'node:test';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { configOf } from '../../../packages/server/src/config/loadConfig.ts';
import type { Engine } from '../../../packages/server/src/domain/engineDoor.ts';
import { FakeEngine } from '../../../packages/server/src/protocols/native/fakeEngine.test-support.ts';
import {
  type Response as PipelineResponse,
  RequestSchema,
  ResponseSchema,
} from '../../../packages/server/src/protocols/paddle-pipeline/gen/paddle_pipeline_pb.ts';
import { paddlePipelineWire } from '../../../packages/server/src/protocols/paddle-pipeline/paddlePipelineWire.ts';
import type { PaddlePipelineSettings } from '../../../packages/server/src/protocols/paddle-pipeline/settings.ts';
import { openWire, type WireServer } from '../../support/wireServer.ts';

export interface PipelineServer extends WireServer {
  readonly fake: FakeEngine;
  /** POST to a path; `body` as JSON unless it is text. */
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  /** The five fields of a reply with status 200. */
  ask(body: unknown, path?: string): Promise<Reply>;
  grpc(request: MessageInitShape<typeof RequestSchema> | Uint8Array, deadlineMs?: number): Promise<PipelineResponse>;
}

export interface Reply {
  readonly err_no: number;
  readonly err_msg: string;
  readonly key: readonly string[];
  readonly value: readonly string[];
  readonly tensors: readonly unknown[];
}

type Given = Parameters<typeof configOf>[0] extends infer _ ? Record<string, unknown> : never;

/** As the configuration would make them. */
export function settingsOf(given: Given = {}): PaddlePipelineSettings {
  const [wire] = configOf({ wires: [{ name: 'paddle-pipeline', ...given }] }).wires;
  return wire as PaddlePipelineSettings & typeof wire;
}

export async function pipelineServer(given: Given = {}, engine?: Engine): Promise<PipelineServer> {
  const fake = new FakeEngine();
  const settings = settingsOf(given);
  const server = await openWire((services) => paddlePipelineWire(services, settings), { engine: engine ?? fake });
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
  });
  after(() => client.close());
  const post = (path: string, body: unknown, init: RequestInit = {}) =>
    fetch(server.url + path, {
      method: 'POST',
      body: typeof body === 'string' ? Buffer.from(body) : Buffer.from(JSON.stringify(body)),
      ...init,
    });
  return {
    ...server,
    fake,
    post,
    async ask(body, path = '/matting/prediction') {
      const response = await post(path, body);
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
      return (await response.json()) as Reply;
    },
    grpc: (request, deadlineMs = 5000) =>
      new Promise((resolve, reject) => {
        const bytes = request instanceof Uint8Array ? request : toBinary(RequestSchema, create(RequestSchema, request));
        client.makeUnaryRequest(
          '/baidu.paddle_serving.pipeline_serving.PipelineService/inference',
          (message: Buffer) => message,
          (message: Buffer) => fromBinary(ResponseSchema, message),
          Buffer.from(bytes),
          { deadline: Date.now() + deadlineMs },
          (error, reply) => (error ? reject(error) : resolve(reply!)),
        );
      }),
  };
}
