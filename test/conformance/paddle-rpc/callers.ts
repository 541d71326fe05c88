import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import {
  type Response as Reply,
  RequestSchema,
  ResponseSchema,
} from '../../../packages/server/src/protocols/paddle-rpc/gen/paddle_general_model_pb.ts';
import { paddleRpcWire } from '../../../packages/server/src/protocols/paddle-rpc/paddleRpcWire.ts';
import type { PaddleRpcSettings } from '../../../packages/server/src/protocols/paddle-rpc/settings.ts';
import { type AskOptions, ask } from '../../support/ask.ts';
import { openWire, type WireServer } from '../../support/wireServer.ts';
import { TensorEngine } from './tensorEngine.ts';

export const fullName = 'baidu.paddle_serving.predictor.general_model.GeneralModelService';
export const example = {
  tensor: [{ float_data: [0.5, 0.25], elem_type: 1, name: 'x', alias_name: 'x', shape: [1, 2] }],
  fetch_var_names: ['y'],
  log_id: 0,
};
export type RequestInit = MessageInitShape<typeof RequestSchema>;
export const exampleMessage: RequestInit = {
  tensor: [{ floatData: [0.5, 0.25], elemType: 1, name: 'x', aliasName: 'x', shape: [1, 2] }],
  fetchVarNames: ['y'],
};

export interface Place extends WireServer {
  readonly engine: TensorEngine;
  readonly address: string;
}

export async function openPaddleRpc(settings: PaddleRpcSettings = {}, listen = {}): Promise<Place> {
  const engine = new TensorEngine();
  const server = await openWire((services) => paddleRpcWire(services, settings), { engine, listen });
  return { ...server, engine, address: `${server.url}/GeneralModelService/inference` };
}

export const json = { 'content-type': 'application/json' };
export const proto = { 'content-type': 'application/proto' };

export function askJson(place: Place, body: unknown, options: AskOptions = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return ask(place.address, { body: text, ...options, headers: { ...json, ...options.headers } });
}

export function encode(request: RequestInit): Uint8Array {
  return toBinary(RequestSchema, create(RequestSchema, request));
}

export function decode(bytes: Uint8Array): Reply {
  return fromBinary(ResponseSchema, bytes);
}

export async function askProto(place: Place, request: RequestInit): Promise<Reply> {
  const reply = await ask(place.address, { body: encode(request), headers: proto });
  if (reply.status !== 200) throw new Error(`${reply.status}: ${reply.bytes}`);
  const decoded = decode(reply.bytes);
  // What the wire writes by hand is, byte for byte, what generated code would write.
  if (!reply.bytes.equals(toBinary(ResponseSchema, decoded)))
    throw new Error(`unusual protobuf: ${reply.bytes.toString('hex')}`);
  return decoded;
}

/** One call over gRPC, by the full path. Rejects with the status as a ServiceError. */
export async function askGrpc(port: number, path: string, message: Uint8Array, deadlineMs?: number): Promise<Buffer> {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        (bytes: Buffer) => bytes,
        (bytes: Buffer) => bytes,
        Buffer.from(message),
        options,
        (error: ServiceError | null, reply?: Buffer) => (error ? reject(error) : resolve(reply!)),
      );
    });
  } finally {
    client.close();
  }
}
