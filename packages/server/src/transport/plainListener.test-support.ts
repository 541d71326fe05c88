import { after } from 'node:test';
import type { FastifyPluginAsync } from 'fastify';
import { Fault } from '../domain/fault.ts';
import type { AnswerFault } from '../domain/wire.ts';
import { createHttpListener, type HttpListener, type HttpListenerOptions } from './http.ts';

const statuses: Record<string, number> = {
  invalid_request: 400,
  not_found: 404,
  method_not_allowed: 405,
  request_timeout: 408,
  body_too_large: 413,
  headers_too_large: 431,
  overloaded: 503,
  shutting_down: 503,
};

export const answerFault: AnswerFault = (error) => {
  const { code, message } = Fault.from(error);
  return {
    status: statuses[code] ?? 500,
    headers: { 'content-type': 'application/problem+json' },
    body: Buffer.from(JSON.stringify({ code, detail: message })),
  };
};

export interface Running extends HttpListener {
  readonly port: number;
  readonly url: string;
}

/** A listener on any free port that ends with its test. */
export async function run(wire: FastifyPluginAsync, options: Partial<HttpListenerOptions> = {}): Promise<Running> {
  const listener = await createHttpListener({
    host: '127.0.0.1',
    port: 0,
    bodyBytesMax: 64 * 1024,
    headersTimeoutMs: 5000,
    requestTimeoutMs: 5000,
    keepAliveTimeoutMs: 5000,
    connectionsMax: 100,
    cors: false,
    wires: [{ name: 'plain', http: { routes: wire, answerFault } }],
    ...options,
  });
  const { port, url } = await listener.listen();
  after(() => listener.close({ graceMs: 0 }));
  return { ...listener, port, url };
}

/** Waits until something is so; a bound keeps a failing test from hanging. */
export async function eventually(isSo: () => boolean, what: string, withinMs = 3000): Promise<void> {
  const until = Date.now() + withinMs;
  while (!isSo()) {
    if (Date.now() > until) throw new Error(`Not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
