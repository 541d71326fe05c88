import type { ListenConfig } from './config/config.ts';
import type { WireConfig } from './config/wires.ts';
import type { Wire } from './domain/wire.ts';

/** One address to listen on, and what is spoken there. */
export interface Port {
  readonly host: string;
  readonly port: number;
  /** In the order of the configuration; the first one that speaks HTTP answers what belongs to none. */
  readonly wires: readonly Wire[];
  /** Bytes of one request body: the largest that one of the wires wants. */
  readonly bodyBytesMax: number;
}

export interface Placed {
  readonly settings: Partial<Pick<WireConfig, 'host'>> & {
    readonly port: number;
    /** gRPC on a port of its own; on the same one when absent. */
    readonly grpcPort?: number | undefined;
    readonly bodyBytesMax?: number | undefined;
  };
  readonly wire: Wire;
}

/** Which wires share a port. Port 0 is never shared: each gets a free one. */
export function portsOf(listen: ListenConfig, native: Wire, placed: readonly Placed[]): Port[] {
  const ports: Port[] = [];
  const put = (host: string, port: number, wire: Wire, bodyBytesMax: number) => {
    const index = ports.findIndex((one) => port !== 0 && one.port === port && one.host === host);
    const found = ports[index];
    if (!found) ports.push({ host, port, wires: [wire], bodyBytesMax });
    else {
      const wires = [...found.wires, wire];
      ports[index] = { ...found, wires, bodyBytesMax: Math.max(found.bodyBytesMax, bodyBytesMax) };
    }
  };
  put(listen.host, listen.port, native, listen.bodyBytesMax);
  for (const { settings, wire } of placed) {
    const { host = listen.host, port, grpcPort, bodyBytesMax = listen.bodyBytesMax } = settings;
    const { grpc, ...others } = wire;
    if (grpcPort === undefined || grpc === undefined) put(host, port, wire, bodyBytesMax);
    else {
      put(host, port, others, bodyBytesMax);
      put(host, grpcPort, { name: wire.name, grpc }, bodyBytesMax);
    }
  }
  return ports;
}
