import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../../domain/fault.ts';
import type { AnswerFault, HttpWire } from '../../../domain/wire.ts';
import { callerLeft } from '../callerLeft.ts';
import { inflateBody } from '../inflateBody.ts';
import { BrpcFailure, bodyFailureOf, errorText, failureOf } from './brpcFailure.ts';
import { brpcCode, httpStatusOf } from './errorCodes.ts';
import { gzipped } from './gzipped.ts';
import { type BrpcService, fullNameOf, type MessageForm } from './service.ts';

/** Smaller bodies are not compressed: brpc's flag http_body_compress_threshold. */
const gzipBytesMin = 512;

/**
 * A brpc service over HTTP: `/<service>/<method>`, by the short or the full name, with any verb and whatever follows the
 * method. The rules are those of brpc's src/brpc/policy/http_rpc_protocol.cpp.
 */
export function brpcHttp(service: BrpcService): HttpWire {
  const routes = async (app: FastifyInstance) => {
    app.addHook('onRequest', async (request) => setTypeAside(request));
    app.addHook('onSend', async (request, reply) => copyType(request, reply));
    for (const name of [service.name, fullNameOf(service)]) {
      for (const path of [`/${name}`, `/${name}/*`]) app.all(path, (request, reply) => answer(service, request, reply));
    }
  };
  return { routes, answerFault: answerHttpFault, bare: true, bodyOnGet: true };
}

async function answer(service: BrpcService, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const signal = callerLeft(reply.raw);
  const method = methodOf(service, pathOf(request.url));
  const form = formOf(typeOf(request));
  const body = await bodyOf(service, request);
  const bytes = await service
    .answer({ method, form, body, signal, requestId: requestIdOf(request), deadlineMs: undefined })
    .catch((error: unknown) => {
      throw bodyFailureOf(error, service.requestType);
    });
  if (!service.compresses || bytes.length < gzipBytesMin || !takesGzip(request)) return reply.send(bytes);
  return reply.header('content-encoding', 'gzip').send(await gzipped(bytes));
}

/** Throws BrpcFailure where the path names no method. */
function methodOf(service: BrpcService, path: string): string {
  const [, , method = ''] = path.split(/\/+/);
  if (service.methods.includes(method)) return method;
  if (method !== '') throw noMethodOn(path);
  const known = service.methods.join(', ');
  const text = `Missing method name for service=${service.name}. Available methods are: ${known}`;
  throw new BrpcFailure(brpcCode.noMethod, text);
}

function noMethodOn(path: string): BrpcFailure {
  return new BrpcFailure(brpcCode.noMethod, `Fail to find method on \`${path.slice(0, 200)}'`);
}

const types = new WeakMap<FastifyRequest, string>();

/** Fastify refuses a Content-Type that is no media type; brpc takes any, and copies it. */
function setTypeAside(request: FastifyRequest): void {
  const type = request.headers['content-type'];
  if (type === undefined) return;
  types.set(request, type);
  request.raw.headers['content-type'] = 'application/octet-stream';
}

/** Only at the very end, where Fastify no longer looks at it. */
function copyType(request: FastifyRequest, reply: FastifyReply): void {
  const type = typeOf(request);
  if (reply.statusCode === 200 && type !== undefined) reply.header('content-type', type);
}

function typeOf(request: FastifyRequest): string | undefined {
  return types.get(request);
}

/** Only `application/proto` is protobuf; everything else, and nothing, is JSON. */
function formOf(contentType: string | undefined): MessageForm {
  return /^application\/proto(?:[;\s]|$)/i.test(contentType?.trim() ?? '') ? 'protobuf' : 'json';
}

async function bodyOf(service: BrpcService, request: FastifyRequest): Promise<Uint8Array> {
  const sent = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
  if (sent.length > service.bytesMax) {
    throw Fault.expected('body_too_large', `a message of at most ${service.bytesMax} bytes`, `${sent.length}`);
  }
  if (sent.length === 0 && service.needsBody) {
    const text = `${service.requestType} needs to be created from a non-empty json, it has required fields.`;
    throw new BrpcFailure(brpcCode.badRequest, text);
  }
  if (request.headers['content-encoding']?.trim().toLowerCase() !== 'gzip' || sent.length === 0) return sent;
  try {
    return await inflateBody(sent, 'gzip', service.bytesMax);
  } catch (error) {
    const { message } = failureOf(error);
    throw new BrpcFailure(brpcCode.badRequest, `Fail to un-gzip request body. ${message}`);
  }
}

function takesGzip(request: FastifyRequest): boolean {
  return String(request.headers['accept-encoding'] ?? '').includes('gzip');
}

/** A caller that sends its own log id finds its request under it. */
function requestIdOf(request: FastifyRequest): string {
  const logId = request.headers['log-id'];
  return typeof logId === 'string' && /^\d{1,20}$/.test(logId) ? logId : request.id;
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? '/';
}

const answerHttpFault: AnswerFault = (error, { url, local }) => {
  const failure = elsewhere(error) && url !== undefined ? noMethodOn(pathOf(url)) : failureOf(error);
  return {
    status: httpStatusOf(failure.code),
    headers: { 'content-type': 'text/plain', 'x-bd-error-code': String(failure.code) },
    body: Buffer.from(errorText(failure, local ?? '0.0.0.0:0')),
  };
};

/** Nothing lives at the address, or nothing under its verb. */
function elsewhere(error: unknown): boolean {
  return error instanceof Fault && (error.code === 'not_found' || error.code === 'method_not_allowed');
}
