import { type Agent, type IncomingMessage, request } from 'node:http';

export interface Reply {
  /** The HTTP status, or the code of what broke. */
  readonly status: number | string;
  /** From the first byte out to the last byte back. */
  readonly ms: number;
  readonly bytes: number;
  /** Server-Timing. */
  readonly timings: Readonly<Record<string, number>>;
}

/** Posts one body and reads the whole reply. Never rejects. */
export function send(agent: Agent, url: string, image: Buffer, contentType = 'image/jpeg'): Promise<Reply> {
  const started = performance.now();
  const headers = { 'content-type': contentType, 'content-length': image.length };
  return new Promise((resolve) => {
    const broken = (error: NodeJS.ErrnoException) =>
      resolve({ status: error.code ?? error.message, ms: performance.now() - started, bytes: 0, timings: {} });
    const asking = request(url, { method: 'POST', agent, headers }, (reply) => {
      let bytes = 0;
      reply.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      reply.on('error', broken);
      reply.on('end', () => {
        const ms = performance.now() - started;
        resolve({ status: reply.statusCode ?? 0, ms, bytes, timings: timingsOf(reply) });
      });
    });
    asking.on('error', broken);
    asking.end(image);
  });
}

function timingsOf({ headers }: IncomingMessage): Record<string, number> {
  const text = String(headers['server-timing'] ?? '');
  return Object.fromEntries([...text.matchAll(/(\w+);dur=([\d.]+)/g)].map(([, name, ms]) => [name!, Number(ms)]));
}
