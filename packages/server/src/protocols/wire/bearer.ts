import { createHash, timingSafeEqual } from 'node:crypto';

/** Whether `Authorization: Bearer <token>` (RFC 6750 §2.1) names this token, in a time that tells nothing of it. */
export function bearsToken(authorization: string | undefined, token: string): boolean {
  const [, given] = /^Bearer +(.+?) *$/i.exec(authorization ?? '') ?? [];
  return given !== undefined && timingSafeEqual(digest(given), digest(token));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
