import type { FaultCode, Problem } from '@segserve/contract';
import type { Fault } from '../../domain/fault.ts';
import { faultOfError } from '../wire/faultOfError.ts';

export interface FaultMeaning {
  readonly status: number;
  readonly title: string;
  /** What the caller can do about it. */
  readonly advice: string;
}

/** What every fault code means on this wire; a new code does not compile until it is here. */
export const faultMeanings: Readonly<Record<FaultCode, FaultMeaning>> = {
  invalid_request: {
    status: 400,
    title: 'Invalid request',
    advice: 'Correct the field that the detail names. /docs lists every field with its range.',
  },
  unknown_model: {
    status: 404,
    title: 'Unknown model',
    advice: 'Use one of the models that the detail lists; GET /v1/models describes them.',
  },
  unknown_answer: {
    status: 400,
    title: 'Unknown answer',
    advice: 'Use one of the answers that the detail lists; GET /v1/models/{model} names those of a model.',
  },
  not_acceptable: {
    status: 406,
    title: 'Not acceptable',
    advice: 'Widen the Accept header to one of the media types that the detail lists, or leave it out.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'Unsupported media type',
    advice: 'Send the picture as image/*, as multipart/form-data or as application/json, uncompressed.',
  },
  empty_image: {
    status: 400,
    title: 'Empty image',
    advice: 'Send the bytes of the picture; with curl: --data-binary @photo.jpg (the @ reads the file).',
  },
  unsupported_image: {
    status: 415,
    title: 'Unsupported image',
    advice: 'Convert the picture to JPEG, PNG, WebP, AVIF, TIFF or GIF.',
  },
  corrupt_image: {
    status: 422,
    title: 'Corrupt image',
    advice: 'Open the picture in a viewer and save it again; it may have been cut short on its way.',
  },
  image_too_large: {
    status: 413,
    title: 'Image too large',
    advice: 'Scale the picture down, or raise limits.imagePixelsMax or limits.imageSideMax of the server.',
  },
  body_too_large: {
    status: 413,
    title: 'Body too large',
    advice: 'Send a smaller file (raw image/* is a quarter smaller than base64), or raise listen.bodyBytesMax.',
  },
  poison_input: {
    status: 422,
    title: 'Poisonous input',
    advice: 'Do not send this picture again: it has crashed two workers. Please report it with the picture.',
  },
  source_forbidden: {
    status: 403,
    title: 'Source forbidden',
    advice: 'Send the bytes of the picture itself, or have the operator allow URLs or paths under `sources`.',
  },
  source_unavailable: {
    status: 424,
    title: 'Source unavailable',
    advice: 'Open the URL yourself: it must answer with a picture, in time and within the limit of bytes.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    advice: 'GET / lists the addresses of this server. A picture that is named by its digest has to be sent again.',
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    advice: 'Use one of the methods in the Allow header.',
  },
  forbidden_origin: {
    status: 403,
    title: 'Forbidden origin',
    advice: 'Have the operator name the page’s origin in listen.cors.origins, or the host in listen.hostNames.',
  },
  headers_too_large: {
    status: 431,
    title: 'Headers too large',
    advice: 'Send fewer or shorter headers; overgrown cookies are the usual reason.',
  },
  request_timeout: {
    status: 408,
    title: 'Request timeout',
    advice: 'The network between is slow or stalls. Try again, or raise listen.requestTimeoutMs.',
  },
  overloaded: {
    status: 503,
    title: 'Overloaded',
    advice: 'Try again after Retry-After. If it happens often, add cores or replicas.',
  },
  shutting_down: {
    status: 503,
    title: 'Shutting down',
    advice: 'Try again: another replica, or this server once it has restarted, will answer.',
  },
  model_not_ready: {
    status: 503,
    title: 'Model not ready',
    advice: 'Try again after Retry-After; GET /v1/models/{model} says whether it is loading or why it failed.',
  },
  deadline_exceeded: {
    status: 504,
    title: 'Deadline exceeded',
    advice: 'Allow more time with deadlineMs, or send fewer requests at once.',
  },
  cancelled: { status: 499, title: 'Cancelled', advice: 'The client closed the connection first; nothing to do.' },
  worker_failed: {
    status: 502,
    title: 'Worker failed',
    advice: 'Try again. If it stays, the server log tells how the worker processes ended.',
  },
  model_invalid: {
    status: 500,
    title: 'Invalid model',
    advice: 'Whoever runs the server has to correct the model package; the server log names what is wrong.',
  },
  config_invalid: {
    status: 500,
    title: 'Invalid configuration',
    advice: 'Whoever runs the server has to correct its configuration; the server log names the setting.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    advice: 'A defect of ours. Please report it with the lines that the server log has under the request id.',
  },
};

/** Where the meaning of a code can be read on the server itself. */
export const errorsPath = '/errors';

export interface ProblemReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes: to a string of a JSON type Fastify adds a charset, which this type does not have. */
  readonly body: Buffer;
}

/** Anything thrown as an RFC 9457 problem document. */
export function problemReply(error: unknown, requestId: string): ProblemReply {
  const problem = problemOf(faultOfError(error, 'http'), requestId);
  const { status, retryAfterMs } = problem;
  const retryAfter = status === 503 ? { 'retry-after': String(Math.ceil((retryAfterMs ?? 1000) / 1000) || 1) } : {};
  const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...retryAfter };
  return { status, headers, body: Buffer.from(JSON.stringify(problem)) };
}

export function problemOf(fault: Fault, requestId: string): Problem {
  const { status, title } = faultMeanings[fault.code];
  return {
    type: `${errorsPath}/${fault.code}`,
    title,
    status,
    detail: fault.message,
    code: fault.code,
    // A URI reference by RFC 9457 §3.1.5; ids of the usual forms stay as they are.
    instance: encodeURIComponent(requestId),
    ...(fault.expected === undefined ? {} : { expected: fault.expected }),
    ...(fault.received === undefined ? {} : { received: fault.received }),
    ...(fault.retryAfterMs === undefined ? {} : { retryAfterMs: Math.ceil(fault.retryAfterMs) }),
  };
}
