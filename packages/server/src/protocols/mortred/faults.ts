import type { FaultCode } from '@segserve/contract';
import type { Profile } from './settings.ts';

/** Eras A and B: every reply is 200, so a fault is its code alone. The originals know no codes for HTTP itself. */
const codesOfAB: Readonly<Record<FaultCode, number>> = {
  invalid_request: 3,
  unknown_model: 1,
  unknown_answer: 1,
  not_acceptable: 3,
  unsupported_media_type: 3,
  empty_image: 3,
  unsupported_image: 3,
  corrupt_image: 3,
  image_too_large: 3,
  body_too_large: 3,
  poison_input: 2,
  source_forbidden: 3,
  source_unavailable: 3,
  not_found: 12, // unknown addresses never come here: they get the page 404 Not Found
  method_not_allowed: 12,
  forbidden_origin: 3,
  headers_too_large: 3,
  request_timeout: 4,
  overloaded: 4, // the originals queue without a bound until the run is too late
  shutting_down: 12,
  model_not_ready: 1,
  deadline_exceeded: 4,
  cancelled: 2,
  worker_failed: 2,
  model_invalid: 1,
  config_invalid: 11,
  internal: 12,
};

export interface StrictMeaning {
  readonly status: number;
  readonly code: number;
}

const badInput: StrictMeaning = { status: 400, code: 3 };
const tooLarge: StrictMeaning = { status: 413, code: 61 };
const tooLate: StrictMeaning = { status: 504, code: 4 };
const notReady: StrictMeaning = { status: 503, code: 65 };
const noModel: StrictMeaning = { status: 500, code: 1 };
const runFailed: StrictMeaning = { status: 500, code: 2 };

/** Era C. */
export const strictMeanings: Readonly<Record<FaultCode, StrictMeaning>> = {
  invalid_request: badInput,
  unknown_model: noModel,
  unknown_answer: noModel,
  not_acceptable: badInput,
  unsupported_media_type: { status: 415, code: 60 },
  empty_image: badInput,
  unsupported_image: badInput,
  corrupt_image: badInput,
  image_too_large: tooLarge,
  body_too_large: tooLarge,
  poison_input: runFailed,
  source_forbidden: badInput,
  source_unavailable: badInput,
  not_found: { status: 404, code: 63 },
  method_not_allowed: { status: 405, code: 62 },
  forbidden_origin: { status: 403, code: 3 },
  headers_too_large: tooLarge,
  request_timeout: tooLate,
  overloaded: { status: 429, code: 429 },
  shutting_down: notReady,
  model_not_ready: notReady,
  deadline_exceeded: tooLate,
  cancelled: runFailed,
  worker_failed: runFailed,
  model_invalid: noModel,
  config_invalid: { status: 500, code: 11 },
  internal: { status: 500, code: 64 },
};

/** `code` of a fault. */
export function codeOf(profile: Profile, fault: FaultCode): number {
  return profile === 'c' ? strictMeanings[fault].code : codesOfAB[fault];
}
