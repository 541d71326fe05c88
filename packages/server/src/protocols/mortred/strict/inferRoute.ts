import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../../domain/fault.ts';
import { callerLeft } from '../../wire/callerLeft.ts';
import { essenceOf } from '../../wire/negotiate.ts';
import type { Endpoint } from '../endpoints.ts';
import { type RunFacts, type RunOutput, run } from '../run.ts';
import type { StrictMetrics } from './metrics.ts';
import { readRequest } from './readRequest.ts';
import type { RunLine } from './runLine.ts';
import { nothingHere, type StrictReply, sendStrict, strictFailure, strictSuccess } from './strictReply.ts';

export interface BodyRules {
  readonly bodyBytesMax: number;
  readonly requireContentType: boolean;
}

export interface InferFacts extends RunFacts {
  readonly rules: BodyRules;
  readonly line: RunLine;
  readonly metrics: StrictMetrics;
}

/** One address of the strict contract: method, type and length are judged before a byte of the body is read. */
export function inferRoute(app: FastifyInstance, endpoint: Endpoint, facts: InferFacts): void {
  app.all(endpoint.uri, {
    async onRequest(request) {
      checkTarget(request, endpoint.uri);
      checkHead(request, facts.rules);
    },
    handler: async (request, reply) => sendStrict(reply, await infer(endpoint, facts, request, reply)),
  });
}

/** The router also takes `/x/` and `//x`; the contract knows an address by all of its letters. */
export function checkTarget(request: FastifyRequest, uri: string): void {
  if (request.raw.url?.split('?', 1)[0] !== uri) throw nothingHere();
}

/** Method → Content-Type → Content-Length, in this order. Throws Fault. */
export function checkHead(request: FastifyRequest, { bodyBytesMax, requireContentType }: BodyRules): void {
  const { method, headers } = request;
  if (method !== 'POST') throw Fault.expected('method_not_allowed', 'POST', method);
  const type = essenceOf(headers['content-type']);
  if (type !== 'application/json' && (type !== '' || requireContentType)) {
    throw Fault.expected('unsupported_media_type', 'application/json', type.slice(0, 60) || 'no Content-Type');
  }
  // Fastify refuses one that is there but empty.
  headers['content-type'] = 'application/json';
  checkBytes(Number(headers['content-length'] ?? 0), bodyBytesMax);
}

/** A body in chunks has no length until it is here. Throws Fault. */
export function checkBytes(bytes: number, bodyBytesMax: number): void {
  if (bytes > bodyBytesMax) {
    throw Fault.expected('body_too_large', `a body of at most ${bodyBytesMax} bytes`, `${bytes} bytes`);
  }
}

async function infer(
  endpoint: Endpoint,
  facts: InferFacts,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<StrictReply> {
  let requestId = '';
  try {
    const body = request.body as Buffer | undefined;
    checkBytes(body?.length ?? 0, facts.rules.bodyBytesMax);
    const read = await readRequest(body);
    requestId = read.requestId;
    const image = await read.image();
    const { data } = await inLine(endpoint, facts, () =>
      run(endpoint, facts, { image, requestId: request.id, signal: callerLeft(reply.raw) }),
    );
    return strictSuccess(requestId, data);
  } catch (error) {
    return strictFailure(error, requestId);
  }
}

/** A run with its place in the line; the engine's own word that it is full gets the line's estimate. */
async function inLine(
  endpoint: Endpoint,
  { line, metrics }: InferFacts,
  work: () => Promise<RunOutput>,
): Promise<RunOutput> {
  const counted = metrics.at(endpoint.uri);
  try {
    line.enter();
  } catch (error) {
    counted.rejected();
    throw error;
  }
  let runMs: number | undefined;
  try {
    counted.received();
    const output = await work();
    runMs = runMsOf(output);
    counted.succeeded(output.result, runMs);
    return output;
  } catch (error) {
    counted.failed();
    if (!(error instanceof Fault) || error.code !== 'overloaded') throw error;
    counted.rejected();
    throw new Fault('overloaded', error.message, { retryAfterMs: line.retryAfterMs(), cause: error });
  } finally {
    line.leave(runMs);
  }
}

/** All that a worker spent on it; the time in the queue is no run. */
export function runMsOf({ result: { timings } }: RunOutput): number {
  return timings.decode + timings.preprocess + timings.infer + timings.postprocess + timings.encode;
}
