import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { Fault } from '../../../domain/fault.ts';
import { type RpcMeta, RpcMetaSchema } from './gen/baidu_rpc_meta_pb.ts';

/** The magic, the size of what follows this header, and the size of the meta in it; sizes are big-endian. */
export const prpcHeaderBytes = 12;
export const prpcMagic = 'PRPC';

export interface PrpcFrame {
  readonly meta: RpcMeta;
  /** Message and attachment. */
  readonly payload: Uint8Array;
}

/** Bytes of the whole frame. Throws Fault when these are no header, or the frame is too long. */
export function prpcFrameBytes(header: Uint8Array, frameBytesMax: number): number {
  const view = viewOf(header);
  const bodyBytes = view.getUint32(4);
  const metaBytes = view.getUint32(8);
  if (Buffer.from(header.subarray(0, 4)).toString('latin1') !== prpcMagic) {
    throw Fault.expected('invalid_request', `a frame that begins with ${prpcMagic}`, 'another one');
  }
  if (metaBytes > bodyBytes) {
    throw Fault.expected('invalid_request', `a meta of at most the ${bodyBytes} bytes of the frame`, `${metaBytes}`);
  }
  if (bodyBytes > frameBytesMax) {
    throw Fault.expected('body_too_large', `a frame of at most ${frameBytesMax} bytes`, `${bodyBytes}`);
  }
  return prpcHeaderBytes + bodyBytes;
}

/** Throws Fault `invalid_request` when the meta is none. */
export function readPrpcFrame(frame: Uint8Array): PrpcFrame {
  const metaEnd = prpcHeaderBytes + viewOf(frame).getUint32(8);
  try {
    const meta = fromBinary(RpcMetaSchema, frame.subarray(prpcHeaderBytes, metaEnd));
    return { meta, payload: frame.subarray(metaEnd) };
  } catch (cause) {
    throw new Fault('invalid_request', 'Fail to parse RpcMeta', { cause });
  }
}

export interface PrpcReply {
  readonly correlationId: bigint | undefined;
  readonly error?: { readonly code: number; readonly text: string };
  /** Already compressed as `compressType` says. */
  readonly message?: Uint8Array;
  readonly compressType?: number;
}

export function writePrpcReply({ correlationId, error, message, compressType = 0 }: PrpcReply): Buffer {
  const meta = toBinary(
    RpcMetaSchema,
    create(RpcMetaSchema, {
      response: error === undefined ? { errorCode: 0 } : { errorCode: error.code, errorText: error.text },
      compressType,
      ...(correlationId === undefined ? {} : { correlationId }),
    }),
  );
  const payload = message ?? new Uint8Array();
  const header = Buffer.alloc(prpcHeaderBytes);
  header.write(prpcMagic, 'latin1');
  header.writeUInt32BE(meta.length + payload.length, 4);
  header.writeUInt32BE(meta.length, 8);
  return Buffer.concat([header, meta, payload]);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
