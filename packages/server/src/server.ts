import type { Config } from './config/config.ts';
import type { Engine } from './domain/engineDoor.ts';
import { openPool } from './engine/pool.ts';
import { builtInModels, findModels } from './models/repository.ts';
import { createLogs } from './observe/logs.ts';
import { createMetrics } from './observe/metrics.ts';
import { ownVersion } from './ownVersion.ts';
import { nativeWire } from './protocols/native/routes.ts';
import { createHttpListener } from './transport/http.ts';

export interface RunningServer {
  /** Where it listens, as a URL. */
  readonly address: string;
  readonly engine: Engine;
  /** Takes nothing new, finishes what was accepted, ends the workers. Idempotent. */
  close(): Promise<void>;
}

/**
 * The parts list. Resolves when the listener listens and the models have been loaded, or tried; rejects with a Fault
 * when the configuration or a package is unusable, and leaves nothing running then.
 */
export async function startServer(config: Config): Promise<RunningServer> {
  const { limits, listen, engine: engineConfig } = config;
  const logs = createLogs(config.log);
  const models = await findModels([builtInModels(), ...config.models]);
  const { engine, ready } = openPool({ models, limits, ...engineConfig });
  const metrics = createMetrics({
    engine,
    connections: () => http.connections(),
    bodiesBytes: () => http.bodiesBytes(),
  });
  const http = await createHttpListener({
    ...listen,
    cors: listen.cors.origins.length > 0 ? listen.cors : false,
    wires: [nativeWire({ engine, version: ownVersion(), metrics: () => metrics.text() })],
  });

  let closing: Promise<void> | undefined;
  const close = async () => {
    const startedAt = performance.now();
    await http.close({ graceMs: engineConfig.graceMs });
    await engine.close({ graceMs: Math.max(0, engineConfig.graceMs - (performance.now() - startedAt)) });
    metrics.close();
    logs.close();
  };
  const server = { engine, close: () => (closing ??= close()) };
  try {
    const { url } = await http.listen();
    await ready;
    return { ...server, address: url };
  } catch (error) {
    await server.close();
    throw error;
  }
}
