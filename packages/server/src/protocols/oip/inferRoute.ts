import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import { callerLeft } from '../wire/callerLeft.ts';
import { inflateBody } from '../wire/inflateBody.ts';
import { essenceOf } from '../wire/negotiate.ts';
import { compressReply } from './compressReply.ts';
import { formatInfer } from './formatInfer.ts';
import { type InferenceHouse, infer, takesPictures } from './inference.ts';
import type { ServedModel } from './modelNames.ts';
import { type HttpInferRequest, parseInfer } from './parseInfer.ts';
import { rawBinaryRequest, rawPictureRequest } from './rawBinaryRequest.ts';

/** `POST …/infer`: parse, ask the engine, format. */
export async function inferRoute(
  house: InferenceHouse,
  served: ServedModel,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const signal = callerLeft(reply.raw);
  const sent = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
  const body = await inflateBody(sent, request.headers['content-encoding'], house.options.bodyBytesMax);
  const wanted = await parse(house.engine, served, body, request.headers);
  const caller = { signal, requestId: request.id, deadlineMs: undefined };
  const plain = await formatInfer(await infer(house, served, wanted, caller), wanted);
  const { headers, body: bytes } = await compressReply(plain, firstOf(request.headers['accept-encoding']));
  return reply.header('cache-control', 'no-store').headers(headers).send(bytes);
}

async function parse(
  engine: Engine,
  served: ServedModel,
  body: Buffer,
  headers: FastifyRequest['headers'],
): Promise<HttpInferRequest> {
  const jsonBytes = jsonBytesOf(firstOf(headers['inference-header-content-length']), body.length);
  if (jsonBytes !== 0) return parseInfer(body, jsonBytes, takesPictures(engine, served));
  const isPicture = essenceOf(headers['content-type']).startsWith('image/') && takesPictures(engine, served);
  return isPicture ? rawPictureRequest(body) : rawBinaryRequest(body, engine.signature(served.ref));
}

function jsonBytesOf(header: string | undefined, bodyBytes: number): number | undefined {
  if (header === undefined) return undefined;
  const value = Number(header);
  if (/^\d+$/.test(header) && value <= bodyBytes) return value;
  const expected = `Inference-Header-Content-Length from 0 to the ${bodyBytes} bytes of the body`;
  throw Fault.expected('invalid_request', expected, header.slice(0, 40));
}

function firstOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
