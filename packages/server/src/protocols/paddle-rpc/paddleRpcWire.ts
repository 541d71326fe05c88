import type { Wire, WireServices } from '../../domain/wire.ts';
import { brpcFramed } from '../wire/brpc/framedWire.ts';
import { brpcGrpc } from '../wire/brpc/grpcService.ts';
import { brpcHttp } from '../wire/brpc/httpWire.ts';
import { inferService } from './inferService.ts';
import { type PaddleRpcSettings, paddleRpcDefaults } from './settings.ts';

/** Paddle Serving's RPC mode: one service on one port over HTTP, gRPC and `baidu_std`. README.md describes it. */
export function paddleRpcWire({ engine }: WireServices, settings: PaddleRpcSettings): Wire {
  const service = inferService(engine, settings);
  const local = `${settings.host ?? '0.0.0.0'}:${settings.port ?? paddleRpcDefaults.port}`;
  return {
    name: 'paddle-rpc',
    http: brpcHttp(service),
    grpc: [brpcGrpc(service, local)],
    framed: brpcFramed(service, local),
  };
}
