import { after } from 'node:test';
import { createHttpListener, type HttpListenerOptions } from '../../transport/http.ts';
import { FakeEngine } from './fakeEngine.test-support.ts';
import { type NativeWireOptions, nativeWire } from './routes.ts';

export interface NativeServer {
  readonly engine: FakeEngine;
  readonly url: string;
  readonly port: number;
  readonly segmentUrl: string;
  close(): Promise<void>;
}

const open: (() => Promise<void>)[] = [];
after(() => Promise.all(open.map((close) => close())));

/** The native wire on a real socket, with an engine that has no pixels; ends with the file of tests. */
export async function nativeServer(
  options: Partial<HttpListenerOptions> = {},
  wire: Partial<NativeWireOptions> = {},
): Promise<NativeServer> {
  const engine = new FakeEngine();
  const listener = await createHttpListener({
    host: '127.0.0.1',
    port: 0,
    bodyBytesMax: 8 * 1024 * 1024,
    headersTimeoutMs: 5000,
    requestTimeoutMs: 5000,
    keepAliveTimeoutMs: 5000,
    connectionsMax: 100,
    cors: false,
    wires: [nativeWire({ engine, version: '1.2.3', ...wire })],
    ...options,
  });
  const { url, port } = await listener.listen();
  const close = () => listener.close({ graceMs: 1000 });
  open.push(close);
  return { engine, url, port, segmentUrl: `${url}/v1/models/portrait/segment`, close };
}

export const photo = Buffer.from('\xff\xd8\xff\xe0 a photo', 'latin1');

/** Posts a raw picture. */
export function postPhoto(url: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { method: 'POST', body: photo, headers: { 'content-type': 'image/jpeg', ...headers } });
}

/** Posts JSON. */
export function postJson(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(url, { method: 'POST', body: text, headers: { 'content-type': 'application/json', ...headers } });
}
