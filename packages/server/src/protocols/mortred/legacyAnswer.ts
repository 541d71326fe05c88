import { Fault } from '../../domain/fault.ts';
import { faultOfError } from '../wire/faultOfError.ts';
import { decodePicture } from './decodePicture.ts';
import type { Endpoint } from './endpoints.ts';
import { failure, type Outcome } from './envelope.ts';
import { codeOf } from './faults.ts';
import { parseBody } from './parse.ts';
import { type RunFacts, run } from './run.ts';
import { speeches } from './speech.ts';
import { statusText } from './statusCodes.ts';

export interface LegacyFacts extends RunFacts {
  readonly profile: 'a' | 'b';
  readonly successCode: 0 | 1;
  readonly requireRequestId: boolean;
}

export interface LegacyInput {
  readonly body: Buffer | undefined;
  /** Ours, for the log. */
  readonly requestId: string;
  readonly signal: AbortSignal;
}

/** Bytes in, envelope out, as eras A and B do it. Never rejects. */
export async function legacyAnswer(endpoint: Endpoint, facts: LegacyFacts, input: LegacyInput): Promise<Outcome> {
  const { profile } = facts;
  let requestId = '';
  try {
    const parsed = await parseBody(input.body);
    if (parsed.form !== 'object' || parsed.picture === undefined) throw noRequest();
    if (parsed.requestId === undefined && facts.requireRequestId) throw noRequest();
    // From here on the request is one, and its id comes back whatever becomes of it.
    requestId = parsed.requestId ?? '';
    const image = await decodePicture(parsed.picture);
    const { data } = await run(endpoint, facts, { image, requestId: input.requestId, signal: input.signal });
    return { requestId, code: facts.successCode, msg: statusText(profile, 0), data };
  } catch (error) {
    return legacyFailure(error, endpoint, profile, requestId);
  }
}

/** Anything thrown as the envelope of eras A and B, with the empty data of its task. */
export function legacyFailure(error: unknown, endpoint: Endpoint, profile: 'a' | 'b', requestId = ''): Outcome {
  const { code } = faultOfError(error, 'mortred');
  return failure(profile, codeOf(profile, code), requestId, speeches[profile][endpoint.task].empty);
}

function noRequest(): Fault {
  return Fault.expected('invalid_request', 'a JSON object with the texts `img_data` and `req_id`', 'something else');
}
