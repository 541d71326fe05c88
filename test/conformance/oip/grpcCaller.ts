import { after } from 'node:test';
import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Client, type ClientDuplexStream, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { WireServer } from '../../support/wireServer.ts';

export interface GrpcCaller {
  call<Input extends DescMessage, Output extends DescMessage>(
    method: string,
    input: Input,
    output: Output,
    message: MessageInitShape<Input>,
    deadlineMs?: number,
  ): Promise<MessageShape<Output>>;
  /** A stream of bytes; the caller reads and writes messages. */
  stream(method: string, metadata?: Record<string, string>): ClientDuplexStream<Buffer, Buffer>;
}

const same = (bytes: Buffer) => bytes;
export const bytesOf = <Schema extends DescMessage>(schema: Schema, message: MessageInitShape<Schema>) =>
  Buffer.from(toBinary(schema, create(schema, message)));

/** Speaks gRPC to the one port of a server; closed when the file's tests have ended. `method`: `package.Service/Method`. */
export function grpcCaller({ port }: WireServer): GrpcCaller {
  const options = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), options);
  after(() => client.close());
  return {
    call: (method, input, output, message, deadlineMs = 20_000) =>
      new Promise((resolve, reject) => {
        const deadline = Date.now() + deadlineMs;
        const done = (error: ServiceError | null, reply?: Buffer) =>
          error ? reject(error) : resolve(fromBinary(output, reply!));
        client.makeUnaryRequest(`/${method}`, same, same, bytesOf(input, message), { deadline }, done);
      }),
    stream(method, metadata = {}) {
      const sent = new Metadata();
      for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
      return client.makeBidiStreamRequest(`/${method}`, same, same, sent, { deadline: Date.now() + 20_000 });
    },
  };
}
