import { type SegmentOptions, tileSideMax, tileSideMin } from '@segserve/contract';
import type { Region } from './geometry.ts';
import type { SegmentRequest } from './request.ts';
import type { TileWish } from './tiling.ts';

/** What `tile` says: `auto`, `off`, or WIDTHxHEIGHT. Undefined: none of them. */
export function tileWishOf(text: string): TileWish | undefined {
  if (text === 'auto' || text === 'off') return text;
  const [, width, height] = /^([1-9]\d{1,4})x([1-9]\d{1,4})$/.exec(text)?.map(Number) ?? [];
  return width === undefined || height === undefined ? undefined : { width, height };
}

/** Whether a tile of this size can be wanted: smaller ones are nothing but border. */
export function isTileSide(side: number): boolean {
  return Number.isInteger(side) && side >= tileSideMin && side <= tileSideMax;
}

/** What `region` says: x,y,width,height. Undefined: it is no region. */
export function regionOf(text: string): Region | undefined {
  const [, x, y, width, height] = /^(\d{1,6}),(\d{1,6}),([1-9]\d{0,5}),([1-9]\d{0,5})$/.exec(text)?.map(Number) ?? [];
  if (x === undefined || y === undefined || width === undefined || height === undefined) return undefined;
  return { x, y, width, height };
}

type RunsOptions = Pick<SegmentOptions, 'tile' | 'flips' | 'scales' | 'region' | 'regionOnly'>;
type RunsRequest = Pick<SegmentRequest, 'tile' | 'flips' | 'scales' | 'region' | 'regionOnly'>;

/** What a request's options say of tiles, averages and a part of the picture; their forms are checked already. */
export function runsRequest({ tile, flips, scales, region, regionOnly }: RunsOptions): RunsRequest {
  const wish = tile === undefined ? undefined : tileWishOf(tile);
  const part = region === undefined ? undefined : regionOf(region);
  return {
    ...(wish === undefined ? {} : { tile: wish }),
    ...(flips === undefined ? {} : { flips }),
    ...(scales === undefined ? {} : { scales }),
    ...(part === undefined ? {} : { region: part }),
    ...(regionOnly === undefined ? {} : { regionOnly }),
  };
}
