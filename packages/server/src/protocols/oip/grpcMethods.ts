import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';
import { Fault } from '../../domain/fault.ts';
import type { GrpcCall, GrpcMethod } from '../../domain/wire.ts';
import { grpcErrorOf } from './faults.ts';

export type GrpcMethods = Readonly<Record<string, GrpcMethod>>;

/** A message from its bytes. Throws Fault. */
export function readMessage<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): MessageShape<Schema> {
  try {
    return fromBinary(schema, bytes);
  } catch (cause) {
    const message = `Expected a message ${schema.typeName} but received bytes that are none.`;
    throw new Fault('invalid_request', message, { cause });
  }
}

/** A method of one message and one reply. */
export function unary<Input extends DescMessage, Output extends DescMessage>(
  input: Input,
  output: Output,
  handle: (
    message: MessageShape<Input>,
    call: GrpcCall,
  ) => MessageInitShape<Output> | Promise<MessageInitShape<Output>>,
): GrpcMethod {
  return {
    kind: 'unary',
    async handle(bytes, call) {
      try {
        return toBinary(output, create(output, await handle(readMessage(input, bytes), call)));
      } catch (error) {
        throw grpcErrorOf(error);
      }
    },
  };
}

/** A method of messages both ways; what `handle` throws ends the stream. */
export function streaming<Output extends DescMessage>(
  output: Output,
  handle: (messages: AsyncIterable<Uint8Array>, call: GrpcCall) => AsyncIterable<MessageInitShape<Output>>,
): GrpcMethod {
  return {
    kind: 'stream',
    async *handle(messages, call) {
      try {
        for await (const reply of handle(messages, call)) yield toBinary(output, create(output, reply));
      } catch (error) {
        throw grpcErrorOf(error);
      }
    },
  };
}
