import type { Config } from './config/config.ts';
import type { Engine } from './domain/engineDoor.ts';
import { KeptPictures } from './domain/keptPictures.ts';
import type { ModelSpec } from './domain/modelSpec.ts';
import { openPool } from './engine/pool.ts';
import { builtInFolders, findModels, isBuiltIn } from './models/repository.ts';
import { createLogs } from './observe/logs.ts';
import { createMetrics } from './observe/metrics.ts';
import { ownVersion } from './ownVersion.ts';
import { type Port, portsOf } from './ports.ts';
import { nativeWire } from './protocols/native/routes.ts';
import { openSources } from './sources/openSources.ts';
import { BodyBudget } from './transport/bodyBudget.ts';
import { createHttpListener, type HttpListener } from './transport/http.ts';
import { openWire } from './wires.ts';

export interface RunningServer {
  /** Where the native API listens, as a URL. */
  readonly address: string;
  /** Every address and the names of the wires that are spoken there; the native API's is the first. */
  readonly addresses: readonly { readonly url: string; readonly wires: readonly string[] }[];
  readonly engine: Engine;
  /** Takes nothing new, finishes what was accepted, ends the workers. Idempotent. */
  close(): Promise<void>;
}

/**
 * The parts list. Resolves when the listeners listen and the models that are not opened later have been loaded, or tried; rejects with a Fault
 * when the configuration or a package is unusable, and leaves nothing running then.
 */
export async function startServer(config: Config): Promise<RunningServer> {
  const { limits, engine: engineConfig } = config;
  const logs = createLogs(config.log);
  const models = await findModels([...builtInFolders(config.builtInModels), ...config.models]);
  // Nobody has asked for the other built-in models by name, so nobody waits for them.
  const opensLater = (spec: ModelSpec) =>
    config.builtInModels.includes('all') && isBuiltIn(spec) && spec.manifest.name !== config.defaultModel;
  const { engine, ready } = openPool({ models, opensLater, limits, ...engineConfig });
  const budget = new BodyBudget(config.listen.bodiesBytesMax);
  const pictures = new KeptPictures({ bytesMax: limits.keptPictureBytesMax });
  const listeners: HttpListener[] = [];
  const metrics = createMetrics({
    engine,
    connections: () => listeners.reduce((sum, listener) => sum + listener.connections(), 0),
    bodiesBytes: () => budget.bytes,
    keptPictureBytes: () => pictures.bytes,
  });

  let closing: Promise<void> | undefined;
  const close = async () => {
    const { graceMs } = engineConfig;
    const startedAt = performance.now();
    await Promise.all(listeners.map((listener) => listener.close({ graceMs })));
    await engine.close({ graceMs: Math.max(0, graceMs - (performance.now() - startedAt)) });
    metrics.close();
    logs.close();
  };
  const server = { engine, close: () => (closing ??= close()) };
  try {
    const services = {
      engine,
      sources: openSources({ ...config.sources, bytesMax: limits.imageBytesMax }),
      pictures,
      imagesPerRequestMax: limits.imagesPerRequestMax,
      version: ownVersion(),
    };
    const native = nativeWire({ ...services, metrics: () => metrics.text() });
    const placed = config.wires.map((settings) => ({ settings, wire: openWire(settings, services) }));
    const ports = portsOf(config.listen, native, placed);
    for (const port of ports) listeners.push(await openPort(config, port, budget));
    const addresses = [];
    for (const [index, listener] of listeners.entries()) {
      const { url } = await listener.listen();
      addresses.push({ url, wires: ports[index]!.wires.map(({ name }) => name) });
    }
    await ready;
    return { ...server, address: addresses[0]!.url, addresses };
  } catch (error) {
    await server.close();
    throw error;
  }
}

function openPort({ listen }: Config, { host, port, wires, bodyBytesMax }: Port, budget: BodyBudget) {
  const cors = listen.cors.origins.length > 0 ? listen.cors : false;
  return createHttpListener({ ...listen, host, port, bodyBytesMax, cors, wires, budget });
}
