import type { FaultCode } from '@segserve/contract';
import type { AnswerFault } from '../../domain/wire.ts';
import { faultOfError } from '../wire/faultOfError.ts';
import { htmlPage, PageError } from './htmlPage.ts';
import { PythonError } from './pythonError.ts';

export interface FaultMeaning {
  /** HTTP status of the page where no module has been called yet. */
  readonly pageStatus: number;
  /** What is said under status 101 where a module has been called; absent: the fault's own sentence. */
  readonly text?: string;
}

/** What OpenCV gives for bytes that it cannot decode is None, and this is what becomes of it. */
const noPicture = "'NoneType' object has no attribute 'shape'";

/** What every fault code means on this wire; a new code does not compile until it is here. */
export const faultMeanings: Readonly<Record<FaultCode, FaultMeaning>> = {
  invalid_request: { pageStatus: 400 },
  unknown_model: { pageStatus: 500 },
  unknown_answer: { pageStatus: 500 },
  not_acceptable: { pageStatus: 400 },
  unsupported_media_type: { pageStatus: 415 },
  empty_image: { pageStatus: 400, text: noPicture },
  unsupported_image: { pageStatus: 400, text: noPicture },
  corrupt_image: { pageStatus: 400, text: noPicture },
  image_too_large: { pageStatus: 413 },
  body_too_large: { pageStatus: 413 },
  poison_input: { pageStatus: 400 },
  source_forbidden: { pageStatus: 403 },
  source_unavailable: { pageStatus: 400 },
  not_found: { pageStatus: 404 },
  method_not_allowed: { pageStatus: 405 },
  forbidden_origin: { pageStatus: 403 },
  headers_too_large: { pageStatus: 431 },
  request_timeout: { pageStatus: 408 },
  overloaded: { pageStatus: 503 },
  shutting_down: { pageStatus: 503 },
  model_not_ready: { pageStatus: 503 },
  deadline_exceeded: { pageStatus: 504 },
  cancelled: { pageStatus: 400 },
  worker_failed: { pageStatus: 500 },
  model_invalid: { pageStatus: 500 },
  config_invalid: { pageStatus: 500 },
  internal: { pageStatus: 500 },
};

/** Whatever was thrown outside a module's method, as a page. */
export const answerFault: AnswerFault = (error) => {
  if (error instanceof PageError) return htmlPage(error.status, error.message);
  const fault = faultOfError(error, 'paddlehub');
  const page = htmlPage(faultMeanings[fault.code].pageStatus, fault.message);
  return { ...page, headers: { ...page.headers, ...retryAfter(fault.retryAfterMs) } };
};

export interface MethodError {
  /** What stands under status 101. */
  readonly text: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Whatever was thrown inside a module's method. */
export function methodError(error: unknown): MethodError {
  if (error instanceof PythonError) return { text: error.message, headers: {} };
  const fault = faultOfError(error, 'paddlehub');
  return { text: faultMeanings[fault.code].text ?? fault.message, headers: retryAfter(fault.retryAfterMs) };
}

function retryAfter(retryAfterMs: number | undefined): Record<string, string> {
  return retryAfterMs === undefined ? {} : { 'retry-after': String(Math.ceil(retryAfterMs / 1000) || 1) };
}
