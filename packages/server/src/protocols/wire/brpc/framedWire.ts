import { randomUUID } from 'node:crypto';
import type { FramedWire } from '../../../domain/wire.ts';
import { inflateBody } from '../inflateBody.ts';
import { BrpcFailure, errorText, failureOf, UnreadableMessage } from './brpcFailure.ts';
import { brpcCode } from './errorCodes.ts';
import type { RpcMeta } from './gen/baidu_rpc_meta_pb.ts';
import { gzipped } from './gzipped.ts';
import { prpcFrameBytes, prpcHeaderBytes, prpcMagic, readPrpcFrame, writePrpcReply } from './prpcFrame.ts';
import { type BrpcService, fullNameOf } from './service.ts';

/** `RpcMeta.compress_type` by number. */
const compressTypes = ['none', 'snappy', 'gzip', 'zlib', 'lz4'];
const gzipType = 2;

/** A brpc service over `baidu_std` frames; `local` is the address that its error texts begin with. */
export function brpcFramed(service: BrpcService, local: string): FramedWire {
  return {
    magic: prpcMagic,
    headerBytes: prpcHeaderBytes,
    frameBytes: (header, frameBytesMax) => prpcFrameBytes(header, Math.min(frameBytesMax, service.bytesMax)),
    async handle(frame, signal) {
      let correlationId: bigint | undefined;
      try {
        const { meta, payload } = readPrpcFrame(frame);
        correlationId = meta.correlationId;
        const message = await answer(service, meta, payload, signal);
        if (!service.compresses) return writePrpcReply({ correlationId, message });
        return writePrpcReply({ correlationId, message: await gzipped(message), compressType: gzipType });
      } catch (error) {
        const failure = failureOf(error);
        return writePrpcReply({ correlationId, error: { code: failure.code, text: errorText(failure, local) } });
      }
    },
  };
}

async function answer(service: BrpcService, meta: RpcMeta, payload: Uint8Array, signal: AbortSignal): Promise<Buffer> {
  const { request } = meta;
  const method = methodOf(service, request?.serviceName ?? '', request?.methodName ?? '');
  const sent = withoutAttachment(payload, meta.attachmentSize);
  const timeoutMs = request?.timeoutMs ?? 0;
  try {
    const body = await message(service, sent, meta.compressType);
    return await service.answer({
      method,
      form: 'protobuf',
      body,
      signal,
      requestId: requestIdOf(meta),
      deadlineMs: timeoutMs > 0 ? timeoutMs : undefined,
    });
  } catch (error) {
    if (!(error instanceof UnreadableMessage)) throw error;
    const type = compressTypes[meta.compressType] ?? String(meta.compressType);
    const facts = `CompressType=${type}, request_size=${payload.length}`;
    throw new BrpcFailure(brpcCode.badRequest, `Fail to parse request message, ${facts}: ${error.message}`);
  }
}

async function message(service: BrpcService, sent: Uint8Array, compressType: number): Promise<Uint8Array> {
  const type = compressTypes[compressType];
  if (type === 'none') return sent;
  if (type !== 'gzip' && type !== 'zlib') {
    throw new UnreadableMessage(`Expected the compression none, gzip or zlib but received ${type ?? compressType}.`);
  }
  try {
    return await inflateBody(sent, type === 'gzip' ? 'gzip' : 'deflate', service.bytesMax);
  } catch (error) {
    throw new UnreadableMessage(failureOf(error).message);
  }
}

function methodOf(service: BrpcService, serviceName: string, method: string): string {
  if (serviceName !== service.name && !serviceName.includes('.')) {
    throw new BrpcFailure(brpcCode.noService, `Fail to find service=${serviceName.slice(0, 200)}`);
  }
  const known = serviceName === service.name || serviceName === fullNameOf(service);
  if (known && service.methods.includes(method)) return method;
  throw new BrpcFailure(brpcCode.noMethod, `Fail to find method=${serviceName.slice(0, 200)}/${method.slice(0, 200)}`);
}

function withoutAttachment(payload: Uint8Array, attachmentBytes: number): Uint8Array {
  if (attachmentBytes >= 0 && attachmentBytes <= payload.length) {
    return payload.subarray(0, payload.length - attachmentBytes);
  }
  const sizes = `attachment_size=${attachmentBytes} is larger than request_size=${payload.length}`;
  throw new BrpcFailure(brpcCode.badRequest, sizes);
}

/** The caller's own id, or its log id, so that it finds its request under it. */
function requestIdOf({ request }: RpcMeta): string {
  const id = request?.requestId ?? '';
  if (/^[\x21-\x7e]{1,128}$/.test(id)) return id;
  const logId = request?.logId ?? 0n;
  return logId === 0n ? randomUUID() : String(logId);
}
