import type { Wire, WireServices } from '../../domain/wire.ts';
import { brpcFramed } from '../wire/brpc/framedWire.ts';
import { brpcHttp } from '../wire/brpc/httpWire.ts';
import { segService } from './segService.ts';
import { type PaddlesegServingSettings, paddlesegServingDefaults } from './settings.ts';

/** PaddleSegServing: one service on one port over HTTP and `baidu_std`. README.md describes it. */
export function paddlesegServingWire({ engine }: WireServices, settings: PaddlesegServingSettings): Wire {
  const service = segService(engine, settings);
  const local = `${settings.host ?? '0.0.0.0'}:${settings.port ?? paddlesegServingDefaults.port}`;
  return { name: 'paddleseg-serving', http: brpcHttp(service), framed: brpcFramed(service, local) };
}
