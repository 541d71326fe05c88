import type { Profile } from './settings.ts';
import { statusText } from './statusCodes.ts';

export interface Outcome {
  /** The caller's own, or empty where the request was none. */
  readonly requestId: string;
  readonly code: number;
  readonly msg: string;
  /** JSON text. */
  readonly data: string;
}

/** The reply of every era: this order of keys, and no white space. */
export function envelope({ requestId, code, msg, data }: Outcome): string {
  return `{"req_id":${JSON.stringify(requestId)},"code":${code},"msg":${JSON.stringify(msg)},"data":${data}}`;
}

export function failure(profile: Profile, code: number, requestId: string, data: string): Outcome {
  return { requestId, code, msg: statusText(profile, code), data };
}
