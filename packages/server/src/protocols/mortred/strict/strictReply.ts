import type { FastifyReply } from 'fastify';
import { Fault } from '../../../domain/fault.ts';
import { faultOfError } from '../../wire/faultOfError.ts';
import { envelope, failure, type Outcome } from '../envelope.ts';
import { strictMeanings } from '../faults.ts';
import { statusText } from '../statusCodes.ts';

/** An envelope on its way out, in the words of HTTP. */
export interface StrictReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly outcome: Outcome;
}

export const jsonHeaders = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' } as const;

/** What the strict contract refuses by a status and code that no Fault stands for, or with headers of its own. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: number, headers: Readonly<Record<string, string>> = {}) {
    super(`${status} ${code} ${statusText('c', code)}`);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function nothingHere(): Fault {
  return new Fault('not_found', 'Nothing lives at this address.');
}

export function strictSuccess(requestId: string, data = 'null'): StrictReply {
  const outcome = { requestId, code: 0, msg: statusText('c', 0), data };
  return { status: 200, headers: headersOf(requestId), outcome };
}

/** Anything thrown as an envelope of the strict contract; `data` is null whatever went wrong. */
export function strictFailure(error: unknown, requestId = ''): StrictReply {
  const { status, code, headers } = error instanceof Refusal ? error : ofFault(error);
  const outcome = failure('c', code, requestId, 'null');
  return { status, headers: { ...headersOf(requestId), ...headers }, outcome };
}

function ofFault(error: unknown): { status: number; code: number; headers: Readonly<Record<string, string>> } {
  const fault = faultOfError(error, 'mortred');
  const { status, code } = strictMeanings[fault.code];
  if (fault.code === 'method_not_allowed') return { status, code, headers: { allow: 'POST' } };
  if (fault.code !== 'overloaded') return { status, code, headers: {} };
  const seconds = Math.min(60, Math.max(1, Math.ceil((fault.retryAfterMs ?? 1000) / 1000)));
  return { status, code, headers: { 'retry-after': String(seconds) } };
}

/** Without an id of the caller's, `X-Request-ID` stays the listener's own, which stands in the log. */
function headersOf(requestId: string): Record<string, string> {
  const id = headerText(requestId);
  return { ...jsonHeaders, ...(id === '' ? {} : { 'x-request-id': id }) };
}

/** An id is any text; a header is visible ASCII of a bearable length. */
function headerText(requestId: string): string {
  const id = /^[\x21-\x7e]*$/.test(requestId) ? requestId : encodeURIComponent(requestId.toWellFormed());
  return id.length > 256 ? '' : id;
}

/** As bytes: to a string Fastify would add a type of its own. */
export function sendStrict(reply: FastifyReply, { status, headers, outcome }: StrictReply): FastifyReply {
  // A picture is compressed already: a second time costs a core and saves next to nothing.
  reply.request.headers['x-no-compression'] = 'pictures';
  return reply
    .code(status)
    .headers(headers)
    .send(Buffer.from(envelope(outcome)));
}
