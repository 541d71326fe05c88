import { PageError } from './rejection.ts';

/** Feedback is parsed in one go, so there may not be much of it. */
const bytesMax = 64 * 1024;

/** Throws PageError unless the body is a JSON object with `request_id`. Nothing is kept of it. */
export function checkFeedback(body: Buffer): void {
  if (body.length > bytesMax) throw new PageError(413, `Feedback has at most ${bytesMax} bytes of JSON.`);
  const feedback = parsed(body);
  if (typeof feedback !== 'object' || feedback === null) throw new PageError(400, 'Failed parsing feedback JSON data');
  if (!Object.hasOwn(feedback, 'request_id')) {
    throw new PageError(400, "Missing 'request_id' in feedback JSON data");
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
