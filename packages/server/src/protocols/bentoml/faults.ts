import type { FaultCode } from '@segserve/contract';
import type { Fault } from '../../domain/fault.ts';
import type { FaultReply } from '../../domain/wire.ts';
import { faultOfError } from '../wire/faultOfError.ts';
import { errorPage, escapeHtml } from './htmlPage.ts';
import { pythonJson } from './pythonJson.ts';
import { PageError, Rejection } from './rejection.ts';
import type { BentoVersion, InputAdapter } from './settings.ts';

/** The shapes in which 0.x tells an error. */
type Form =
  /** 500: the service's own function has thrown. */
  | 'function'
  /** What the decoder says: 400 where the adapter decodes (ImageInput), thrown by the function where that does (FileInput). */
  | 'picture'
  /** A BentoML exception of 4xx: JSON. */
  | 'exception'
  /** A BentoML exception of any other status: no body. */
  | 'empty'
  /** 500, and nothing of the reason. */
  | 'hidden'
  /** The micro-batching front: one plain sentence. */
  | 'front'
  /** Of the HTTP server itself. */
  | 'page'
  /** The time of the request is over: whose time-out it was decides. */
  | 'late';

export interface BentoMeaning {
  readonly status: number;
  readonly form: Form;
  /** The whole body, where it is not the fault's own message. */
  readonly says?: string;
}

const unavailable = { status: 503, form: 'front', says: 'Service Unavailable' } as const;
const hidden = {
  status: 500,
  form: 'hidden',
  says: 'An error has occurred in BentoML user code when handling this request, find the error details in server logs',
} as const;

/** What every fault code means on this wire. */
export const bentoMeanings: Readonly<Record<FaultCode, BentoMeaning>> = {
  invalid_request: { status: 400, form: 'exception' },
  unknown_model: hidden,
  unknown_answer: { status: 500, form: 'function' },
  not_acceptable: { status: 406, form: 'exception' },
  unsupported_media_type: { status: 415, form: 'exception' },
  empty_image: { status: 400, form: 'picture' },
  unsupported_image: { status: 400, form: 'picture' },
  corrupt_image: { status: 400, form: 'picture' },
  image_too_large: { status: 400, form: 'picture' },
  body_too_large: { status: 413, form: 'page' },
  poison_input: { status: 500, form: 'function' },
  source_forbidden: { status: 403, form: 'empty' },
  source_unavailable: { status: 424, form: 'exception' },
  not_found: { status: 404, form: 'page', says: 'Nothing of this bundle lives at this address.' },
  method_not_allowed: { status: 405, form: 'page', says: 'This address does not take this method.' },
  forbidden_origin: { status: 403, form: 'page', says: 'This page or host name may not call this bundle.' },
  headers_too_large: { status: 431, form: 'page', says: 'The headers of this request are longer than the limit.' },
  request_timeout: { status: 408, form: 'front', says: 'Request timeout' },
  overloaded: { status: 429, form: 'front', says: 'Too Many Requests' },
  shutting_down: unavailable,
  model_not_ready: unavailable,
  deadline_exceeded: { status: 408, form: 'late' },
  cancelled: { status: 499, form: 'empty' },
  worker_failed: unavailable,
  model_invalid: hidden,
  config_invalid: hidden,
  internal: hidden,
};

/** What is known of the failed request besides the error. */
export interface FaultPlace {
  readonly version: BentoVersion;
  readonly input?: InputAdapter;
  /** Whether `mb_max_latency` ended the request, rather than the server's own time-out. */
  readonly latencyBound?: boolean;
}

const html = { 'content-type': 'text/html; charset=utf-8' };
const plain = { 'content-type': 'text/plain; charset=utf-8' };

/** Anything thrown, as bytes. */
export function bentoFaultReply(error: unknown, place: FaultPlace): FaultReply {
  if (error instanceof Rejection) return { status: 400, headers: html, body: sentence(error.message) };
  if (error instanceof PageError) return page(error.status, error.message);
  return replyOf(faultOfError(error, 'bentoml'), place);
}

function replyOf(fault: Fault, place: FaultPlace): FaultReply {
  const { status, form, says } = bentoMeanings[fault.code];
  switch (form) {
    case 'function':
      return functionThrew(fault.message);
    case 'picture':
      return decodes(place.input)
        ? { status, headers: html, body: sentence(fault.message) }
        : functionThrew(fault.message);
    case 'exception': {
      const message = `BentoService error handling API request: ${fault.message}`;
      // Flask writes its own replies without blanks, unlike the API's.
      const body = Buffer.from(`{"message":${pythonJson(message, { ascii: true })}}`);
      return { status, headers: { 'content-type': 'application/json' }, body };
    }
    case 'empty':
      return { status, headers: html, body: Buffer.alloc(0) };
    case 'hidden':
      return { status, headers: html, body: Buffer.from(says ?? '') };
    case 'front':
      return { status, headers: { ...plain, ...retryAfter(fault) }, body: Buffer.from(says ?? fault.message) };
    case 'page':
      return page(status, says ?? fault.message);
    case 'late':
      return late(place);
  }
}

/** 429 says that the latency cannot be met; 408 is 0.13's own time-out; in 0.9 the model server was ended and restarted. */
function late({ version, latencyBound }: FaultPlace): FaultReply {
  if (latencyBound) return { status: 429, headers: plain, body: Buffer.from('Too Many Requests') };
  if (version === '0.13') return { status: 408, headers: plain, body: Buffer.from('Request timeout') };
  return { status: 503, headers: plain, body: Buffer.from('Service Unavailable') };
}

function functionThrew(message: string): FaultReply {
  return { status: 500, headers: html, body: sentence(`Exception happened in API function: ${message}`) };
}

function page(status: number, text: string): FaultReply {
  return { status, headers: html, body: Buffer.from(errorPage(status, text)) };
}

/** The type says HTML, so that what a caller wrote must not become markup; quotes stay, as clients compare them. */
function sentence(text: string): Buffer {
  return Buffer.from(text.replace(/[&<>]/g, escapeHtml));
}

function decodes(input: InputAdapter | undefined): boolean {
  return input === 'ImageInput' || input === 'MultiImageInput';
}

function retryAfter({ retryAfterMs }: Fault): Record<string, string> {
  return retryAfterMs === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) };
}
