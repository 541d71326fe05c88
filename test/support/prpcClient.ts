import assert from 'node:assert/strict';
import net from 'node:net';
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type RpcMeta, RpcMetaSchema } from '../../packages/server/src/protocols/wire/brpc/gen/baidu_rpc_meta_pb.ts';

export interface PrpcAnswer {
  readonly meta: RpcMeta;
  readonly payload: Buffer;
}

type MetaInit = MessageInitShape<typeof RpcMetaSchema>;

export function prpcFrame(meta: MetaInit | Buffer, ...payload: Uint8Array[]): Buffer {
  const metaBytes = Buffer.isBuffer(meta) ? meta : toBinary(RpcMetaSchema, create(RpcMetaSchema, meta));
  const body = Buffer.concat([metaBytes, ...payload]);
  const header = Buffer.alloc(12);
  header.write('PRPC');
  header.writeUInt32BE(body.length, 4);
  header.writeUInt32BE(metaBytes.length, 8);
  return Buffer.concat([header, body]);
}

/** Sends frames over one connection and reads as many answers, in the order in which they come. */
export async function prpcCall(
  port: number,
  frames: readonly Buffer[],
  onAnswer: (answer: PrpcAnswer) => void = () => {},
): Promise<PrpcAnswer[]> {
  const answers = frames.length;
  const socket = net.connect(port, '127.0.0.1');
  socket.write(Buffer.concat(frames));
  const read: PrpcAnswer[] = [];
  let bytes = Buffer.alloc(0);
  const timer = setTimeout(() => socket.destroy(new Error('no answer within 10 s')), 10_000);
  try {
    for await (const chunk of socket) {
      bytes = Buffer.concat([bytes, chunk as Buffer]);
      while (bytes.length >= 12 && bytes.length >= 12 + bytes.readUInt32BE(4)) {
        assert.equal(bytes.toString('latin1', 0, 4), 'PRPC');
        const end = 12 + bytes.readUInt32BE(4);
        const metaEnd = 12 + bytes.readUInt32BE(8);
        read.push({
          meta: fromBinary(RpcMetaSchema, bytes.subarray(12, metaEnd)),
          payload: bytes.subarray(metaEnd, end),
        });
        onAnswer(read.at(-1)!);
        bytes = bytes.subarray(end);
      }
      if (read.length >= answers) break;
    }
    return read;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}
