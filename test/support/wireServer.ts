import { after } from 'node:test';
import type { Engine } from '../../packages/server/src/domain/engineDoor.ts';
import { Fault } from '../../packages/server/src/domain/fault.ts';
import type { Sources } from '../../packages/server/src/domain/sources.ts';
import type { Wire, WireServices } from '../../packages/server/src/domain/wire.ts';
import { createHttpListener, type HttpListenerOptions } from '../../packages/server/src/transport/http.ts';

export interface WireServer {
  readonly url: string;
  readonly port: number;
  /** Idempotent; called by itself when the file's tests have ended. */
  close(): Promise<void>;
}

export interface WireServerOptions {
  readonly engine: Engine;
  /** Everything forbidden when absent, as without configuration. */
  readonly sources?: Sources;
  readonly listen?: Partial<HttpListenerOptions>;
}

/** As an operator who has allowed nothing. */
export const closedSources: Sources = {
  readUrl: () => Promise.reject(new Fault('source_forbidden', 'URLs are switched off here.')),
  readPath: () => Promise.reject(new Fault('source_forbidden', 'Paths are switched off here.')),
  writeResult: () => Promise.reject(new Fault('source_forbidden', 'Writing is switched off here.')),
};

/** One wire alone on a real socket, on any free port; all that it speaks is spoken there. */
export function openWire(
  make: (services: WireServices) => Wire,
  { engine, sources = closedSources, listen }: WireServerOptions,
): Promise<WireServer> {
  return openWires([make({ engine, sources, version: '1.2.3' })], listen);
}

/** Several wires on one socket; the first also answers what belongs to none. */
export async function openWires(
  wires: readonly Wire[],
  listen: Partial<HttpListenerOptions> = {},
): Promise<WireServer> {
  const listener = await createHttpListener({
    host: '127.0.0.1',
    port: 0,
    bodyBytesMax: 64 * 1024 * 1024,
    headersTimeoutMs: 5000,
    requestTimeoutMs: 20_000,
    keepAliveTimeoutMs: 5000,
    connectionsMax: 200,
    cors: false,
    ...listen,
    wires,
  });
  const { url, port } = await listener.listen();
  const close = () => listener.close({ graceMs: 0 });
  after(close);
  return { url, port, close };
}
