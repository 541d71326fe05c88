import type { FaultCode } from '@segserve/contract';
import type { FaultReply } from '../../domain/wire.ts';
import { faultOfError } from '../wire/faultOfError.ts';
import { Invalid } from './invalid.ts';

/** `{"detail": "…"}` of an HTTPException, or the plain text of what rembg has not caught. */
export interface FaultMeaning {
  readonly status: number;
  readonly form: 'detail' | 'text';
  /** The whole of it, where it is not the fault's own sentence. */
  readonly says?: string;
}

const crash: FaultMeaning = { status: 500, form: 'text' };
const tooLarge: FaultMeaning = { status: 413, form: 'detail' };
const unavailable: FaultMeaning = { status: 503, form: 'detail' };

/** What every fault code means on this wire; a new code does not compile until it is here. */
export const faultMeanings: Readonly<Record<FaultCode, FaultMeaning>> = {
  invalid_request: { status: 400, form: 'detail' },
  unknown_model: crash, // a name that requests may use, mapped to a model that is not there; others are status 422
  unknown_answer: crash,
  not_acceptable: { status: 406, form: 'detail' },
  unsupported_media_type: { status: 415, form: 'detail' },
  empty_image: crash, // Pillow's UnidentifiedImageError is not caught
  unsupported_image: crash,
  corrupt_image: crash,
  image_too_large: tooLarge,
  body_too_large: tooLarge,
  poison_input: crash,
  source_forbidden: { status: 403, form: 'detail' },
  source_unavailable: { status: 400, form: 'detail' },
  not_found: { status: 404, form: 'detail', says: 'Not Found' },
  method_not_allowed: { status: 405, form: 'detail', says: 'Method Not Allowed' },
  forbidden_origin: { status: 403, form: 'detail' },
  headers_too_large: { status: 431, form: 'detail' },
  request_timeout: { status: 408, form: 'detail' },
  overloaded: unavailable,
  shutting_down: unavailable,
  model_not_ready: unavailable,
  deadline_exceeded: { status: 504, form: 'detail' },
  cancelled: { status: 499, form: 'detail' },
  worker_failed: crash,
  model_invalid: crash,
  config_invalid: crash,
  internal: crash,
};

/** Whatever was thrown, as FastAPI and Starlette write it. */
export function faultReplyOf(error: unknown): FaultReply {
  if (error instanceof Invalid) return jsonReply(422, error.issues);
  const fault = faultOfError(error, 'rembg');
  const { status, form, says = fault.message } = faultMeanings[fault.code];
  const reply = form === 'detail' ? jsonReply(status, says) : textReply(status, `Internal Server Error: ${says}`);
  if (fault.retryAfterMs === undefined) return reply;
  const retryAfter = String(Math.ceil(fault.retryAfterMs / 1000) || 1);
  return { ...reply, headers: { ...reply.headers, 'retry-after': retryAfter } };
}

function jsonReply(status: number, detail: unknown): FaultReply {
  return { status, headers: { 'content-type': 'application/json' }, body: Buffer.from(JSON.stringify({ detail })) };
}

function textReply(status: number, text: string): FaultReply {
  return { status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: text };
}
