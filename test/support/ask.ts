import assert from 'node:assert/strict';
import http from 'node:http';
import { ProblemSchema } from '@segserve/contract';
import { assertAlpha, redPicture } from './pictures.ts';

export interface Reply {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly bytes: Buffer;
}

export interface AskOptions {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal;
  /** Sends the body in chunks of unknown number instead of announcing its length. */
  readonly chunked?: boolean;
}

/** One request over a connection of its own, so that no pool hides what the server does to connections. */
export function ask(url: string | URL, options: AskOptions = {}): Promise<Reply> {
  const { body, chunked = false, signal, headers = {}, method = body === undefined ? 'GET' : 'POST' } = options;
  const length = body === undefined || chunked ? {} : { 'content-length': Buffer.byteLength(body) };
  return new Promise((resolve, reject) => {
    const request = http.request(url, {
      method,
      agent: false,
      headers: { connection: 'close', ...length, ...headers },
      ...(signal === undefined ? {} : { signal }),
    });
    let answered = false;
    request.on('response', (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode!, headers: response.headers, bytes: Buffer.concat(chunks) }),
      );
    });
    // A server that refuses early may close while the body is still being written: the reply counts then.
    request.on('error', (error) => {
      if (!answered) reject(error);
    });
    if (body === undefined) request.end();
    else if (chunked) {
      for (let at = 0; at < body.length; at += 65_536) request.write(body.slice(at, at + 65_536));
      request.end();
    } else request.end(body);
  });
}

export function segmentUrl(address: string, model: string, query = 'answer=alpha'): string {
  return `${address}/v1/models/${model}/segment?${query}`;
}

export function segment(
  address: string,
  model: string,
  image: Uint8Array,
  query = 'answer=alpha',
  options: AskOptions = {},
): Promise<Reply> {
  const headers = { 'content-type': 'image/png', ...options.headers };
  return ask(segmentUrl(address, model, query), { ...options, body: image, headers });
}

/** A request to a red matte, and the proof that the answer is the one to this very picture. */
export async function askRed(address: string, model: string, red: number, options: AskOptions = {}): Promise<void> {
  const reply = await segment(address, model, await redPicture(red), 'answer=alpha', options);
  assert.equal(reply.status, 200, `red ${red}: ${reply.bytes.toString('latin1').slice(0, 300)}`);
  await assertAlpha(reply.bytes, red);
}

/** The problem document of a reply; fails when it is none, or not a whole one. */
export function problemOf(reply: Reply) {
  assert.match(
    String(reply.headers['content-type']),
    /^application\/problem\+json(; charset=utf-8)?$/,
    reply.bytes.toString().slice(0, 200),
  );
  const problem = ProblemSchema.parse(JSON.parse(reply.bytes.toString('utf8')));
  assert.equal(problem.status, reply.status);
  assert.equal(problem.type, `/errors/${problem.code}`);
  return problem;
}
