import type { MapDepth } from '@segserve/contract';
import type { Size } from '../../domain/geometry.ts';
import { encodePng } from './png.ts';

/** Numbers 0…1 as a grey PNG: 1 is 255, or 65,535. */
export function encodeShares({ width, height }: Size, shares: Float32Array, depth: MapDepth): Promise<Uint8Array> {
  const data = depth === 16 ? new Uint16Array(shares.length) : new Uint8Array(shares.length);
  const most = depth === 16 ? 65_535 : 255;
  for (let at = 0; at < data.length; at++) data[at] = Math.min(Math.max(shares[at]!, 0), 1) * most + 0.5;
  return encodePng({ data, width, height, smooth: depth === 8 });
}
