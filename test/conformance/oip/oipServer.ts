import { oipWire } from '../../../packages/server/src/protocols/oip/oipWire.ts';
import type { OipSettings } from '../../../packages/server/src/protocols/oip/settings.ts';
import { openWire, type WireServer } from '../../support/wireServer.ts';
import { FakeEngine } from './fakeEngine.ts';

export interface OipServer extends WireServer {
  readonly engine: FakeEngine;
}

/** The wire on a real socket, HTTP and gRPC on one port, before an engine without graphs. */
export async function oipServer(settings: Partial<OipSettings> = {}): Promise<OipServer> {
  const engine = new FakeEngine();
  const all: OipSettings = { models: { street: 'scene', fixed: 'mirror:1' }, modelControl: 'explicit', ...settings };
  const server = await openWire((services) => oipWire(services, all), { engine });
  return { ...server, engine };
}

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  /** The JSON of the body, or of its head where bytes follow; undefined where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect, and fail where it is not there.
  readonly json: any;
  /** What follows the JSON. */
  readonly binary: Buffer;
}

export async function ask({ url }: WireServer, path: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(`${url}${path}`, init);
  const bytes = Buffer.from(await response.arrayBuffer());
  const head = Number(response.headers.get('inference-header-content-length') ?? bytes.length);
  const json = head === 0 ? undefined : parsed(bytes.subarray(0, head).toString());
  return { status: response.status, headers: response.headers, bytes, json, binary: bytes.subarray(head) };
}

export function post(
  server: WireServer,
  path: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  return ask(server, path, { method: 'POST', body: sent as string, headers });
}

/** JSON, and behind it bytes. */
export function postBinary(
  server: WireServer,
  path: string,
  json: unknown,
  binary: readonly Uint8Array[],
  headers: Record<string, string> = {},
): Promise<Reply> {
  const head = Buffer.from(JSON.stringify(json));
  const length = { 'inference-header-content-length': String(head.length) };
  return post(server, path, Buffer.concat([head, ...binary]), { ...length, ...headers });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A BYTES tensor's bytes. */
export function bytesTensor(...elements: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(
    elements.flatMap((element) => {
      const bytes = Buffer.from(element as string);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}
