import type { FaultCode } from '@segserve/contract';
import type { Fault } from '../../domain/fault.ts';
import type { AnswerFault, FaultReply } from '../../domain/wire.ts';
import { faultOfError } from '../wire/faultOfError.ts';

/** HTTP status of every fault code; a new code does not compile until it is here. */
export const statusOf: Readonly<Record<FaultCode, number>> = {
  invalid_request: 400,
  unknown_model: 404,
  unknown_answer: 400,
  not_acceptable: 406,
  unsupported_media_type: 415,
  empty_image: 400,
  unsupported_image: 400,
  corrupt_image: 400,
  image_too_large: 413,
  body_too_large: 413,
  poison_input: 422,
  source_forbidden: 403,
  source_unavailable: 400,
  not_found: 404,
  method_not_allowed: 405,
  forbidden_origin: 403,
  headers_too_large: 431,
  request_timeout: 408,
  // Not 503: of that its clients think that the model is loading.
  overloaded: 429,
  shutting_down: 503,
  model_not_ready: 503,
  deadline_exceeded: 504,
  cancelled: 499,
  worker_failed: 500,
  model_invalid: 500,
  config_invalid: 500,
  internal: 500,
};

/** Whatever was thrown, as `{"error": "…"}`. */
export const answerFault: AnswerFault = (error) => {
  const fault = faultOfError(error, 'huggingface');
  const loading = isLoading(fault) ? { estimated_time: (fault.retryAfterMs ?? 0) / 1000 } : {};
  return errorReply(httpStatusOf(fault), { error: fault.message, ...loading }, retryAfter(fault));
};

/** Bytes, not text: to a text of this type Fastify adds a charset. */
export function errorReply(status: number, body: object, headers: Readonly<Record<string, string>> = {}): FaultReply {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: Buffer.from(JSON.stringify(body)),
  };
}

/** A model that is on its way, as opposed to one that was unloaded or has failed: those say no time. */
export function isLoading({ code, retryAfterMs }: Fault): boolean {
  return code === 'model_not_ready' && retryAfterMs !== undefined;
}

/** Of a model that waiting does not help, 503 would be wrong: on 503 the JavaScript client asks again, at once and for ever. */
function httpStatusOf(fault: Fault): number {
  const { code } = fault;
  return code === 'model_not_ready' && !isLoading(fault) ? 500 : statusOf[code];
}

function retryAfter({ retryAfterMs }: Fault): Record<string, string> {
  return retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000) || 1) };
}
