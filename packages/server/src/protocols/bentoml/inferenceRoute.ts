import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import type { FaultReply } from '../../domain/wire.ts';
import { callerLeft } from '../wire/callerLeft.ts';
import type { BentoApi, Bundle } from './bundle.ts';
import { callApi, TooFewResults } from './callApi.ts';
import { bentoFaultReply } from './faults.ts';
import type { Instruments } from './instruments.ts';
import { parseRequest } from './parseRequest.ts';
import { requestMarks } from './replyHeaders.ts';

/** `POST /<route>`: parse, ask the engine, format. */
export function inferenceRoute(
  app: FastifyInstance,
  bundle: Bundle,
  api: BentoApi,
  { engine, instruments }: { engine: Engine; instruments: Instruments },
): void {
  const marks = requestMarks(bundle, api);
  const { deadlineMs, latencyBound } = deadlineOf(bundle, api);
  const style = { ascii: bundle.version === '0.9' };

  app.post(api.path, async (request, reply) => {
    const mark = marks();
    const signal = callerLeft(reply.raw);
    reply.headers(mark.headers);
    try {
      const input = await parseRequest({ ...rawOf(request), signal }, api, bundle.requestBytesMax);
      const call = { engine, api, style, deadlineMs, signal, requestId: mark.id };
      const { json, batchSize } = await callApi(input, call);
      if (api.batch && batchSize > 0) instruments.batch(api.path, batchSize);
      reply.header('content-type', 'application/json').header('content-length', json.bytes);
      return reply.send(Readable.from(json.pieces(), { objectMode: false }));
    } catch (error) {
      if (error instanceof TooFewResults) return sendFault(reply, tooFewReply(error));
      const fault = bentoFaultReply(error, { version: bundle.version, input: api.input, latencyBound });
      if (fault.status >= 500 && isOfModelServer(error)) instruments.exception(api.path, 'RemoteException');
      return sendFault(reply, fault);
    }
  });
}

/** Micro-batching promises `mb_max_latency`; without it only the server's own time-out ends a request. */
function deadlineOf({ microbatch, timeoutMs }: Bundle, { batch, mbMaxLatencyMs }: BentoApi) {
  const latencyBound = microbatch && batch && mbMaxLatencyMs < timeoutMs;
  return { latencyBound, deadlineMs: latencyBound ? mbMaxLatencyMs : timeoutMs };
}

function rawOf({ body, headers }: FastifyRequest) {
  return {
    body: (body as Buffer | undefined) ?? Buffer.alloc(0),
    contentType: headers['content-type'],
    contentEncoding: headers['content-encoding'],
  };
}

export function sendFault(reply: FastifyReply, { status, headers, body }: FaultReply): FastifyReply {
  return reply.code(status).headers(headers).send(Buffer.from(body));
}

function tooFewReply(error: TooFewResults): FaultReply {
  return { status: 500, headers: { 'content-type': 'text/html; charset=utf-8' }, body: error.message };
}

/** Whether the process that runs models could not take the request, rather than its picture being at fault. */
function isOfModelServer(error: unknown): boolean {
  return error instanceof Fault && ['worker_failed', 'model_not_ready', 'shutting_down'].includes(error.code);
}
