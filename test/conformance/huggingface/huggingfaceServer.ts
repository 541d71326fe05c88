import sharp from 'sharp';
import type { Sources } from '../../../packages/server/src/domain/sources.ts';
import { huggingfaceWire } from '../../../packages/server/src/protocols/huggingface/huggingfaceWire.ts';
import type { HuggingfaceSettings } from '../../../packages/server/src/protocols/huggingface/settings.ts';
import type { HttpListenerOptions } from '../../../packages/server/src/transport/http.ts';
import { type AskOptions, ask } from '../../support/ask.ts';
import { openWire, type WireServer } from '../../support/wireServer.ts';
import { FakeEngine } from './fakeEngine.ts';

export interface Segment {
  readonly label: string;
  readonly score?: number;
  readonly mask: string;
}

export interface HuggingfaceReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** What is parsed of the text; undefined where it is no JSON. */
  readonly body: { error: string; estimated_time?: number } | undefined;
  /** The same, where it is a list. */
  readonly segments: readonly Segment[];
}

export interface HuggingfaceServer extends WireServer {
  readonly engine: FakeEngine;
  /** Bytes and texts are sent as they are, other things as JSON. */
  post(path: string, body: unknown, options?: AskOptions): Promise<HuggingfaceReply>;
  ask(path: string, options?: AskOptions): Promise<HuggingfaceReply>;
}

export interface HuggingfaceServerOptions {
  readonly settings?: HuggingfaceSettings;
  readonly sources?: Sources;
  readonly listen?: Partial<HttpListenerOptions>;
}

/** The wire on a real socket, with an engine that is none. */
export async function huggingfaceServer({
  settings = {},
  ...options
}: HuggingfaceServerOptions = {}): Promise<HuggingfaceServer> {
  const engine = new FakeEngine();
  const make = (services: Parameters<typeof huggingfaceWire>[0]) => huggingfaceWire(services, settings);
  const server = await openWire(make, { engine: engine.asEngine(), ...options });
  const send = async (path: string, asked: AskOptions = {}) => replyOf(await ask(`${server.url}${path}`, asked));
  return {
    ...server,
    engine,
    ask: send,
    post: (path, body, asked = {}) => {
      const isRaw = typeof body === 'string' || body instanceof Uint8Array;
      const headers = isRaw ? asked.headers : { 'content-type': 'application/json', ...asked.headers };
      const sent = isRaw ? body : JSON.stringify(body);
      return send(path, { ...asked, method: 'POST', body: sent, ...(headers === undefined ? {} : { headers }) });
    },
  };
}

function replyOf({ status, headers, bytes }: Awaited<ReturnType<typeof ask>>): HuggingfaceReply {
  const text = bytes.toString('utf8');
  const body = headers['content-type'] === 'application/json' ? JSON.parse(text) : undefined;
  return { status, headers, text, body, segments: Array.isArray(body) ? body : [] };
}

export function photo(width = 24, height = 16, format: 'png' | 'jpeg' | 'webp' = 'png'): Promise<Buffer> {
  const background = { r: 200, g: 100, b: 50 };
  return sharp({ create: { width, height, channels: 3, background } })
    .toFormat(format)
    .toBuffer();
}
