import { randomBytes } from 'node:crypto';

export interface Part {
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: Uint8Array;
}

/** Several bodies in one (RFC 2046 §5.1.3). 144 random bits make a boundary that no part contains. */
export function multipartMixed(parts: readonly Part[]): { contentType: string; body: Buffer } {
  const boundary = `segserve-${randomBytes(18).toString('base64url')}`;
  const pieces = parts.flatMap(({ headers, bytes }, index) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return [Buffer.from(`${index === 0 ? '' : '\r\n'}--${boundary}\r\n${lines.join('')}\r\n`), bytes];
  });
  const body = Buffer.concat([...pieces, Buffer.from(`\r\n--${boundary}--\r\n`)]);
  return { contentType: `multipart/mixed; boundary=${boundary}`, body };
}
