import type { Flips } from '@segserve/contract';
import type { SegmentRequest } from '../../domain/request.ts';
import { regionOf, tileWishOf } from '../../domain/tileWords.ts';
import { UsageError } from '../usageError.ts';
import { numberOf } from './chooseAnswers.ts';

/** What the command line says of tiles, averages and a part of the picture, as text. */
export interface RunsWords {
  readonly tile?: string;
  readonly flips?: Flips;
  readonly scales?: string;
  readonly region?: string;
  readonly inPlace?: boolean;
}

type Runs = Pick<SegmentRequest, 'tile' | 'flips' | 'scales' | 'region' | 'regionOnly'>;

/** The same as a request says it, or a UsageError that names the flag. */
export function runsOf({ tile, flips, scales, region, inPlace }: RunsWords): Runs {
  const wish = tile === undefined ? undefined : tileWishOf(tile);
  if (tile !== undefined && wish === undefined) {
    throw new UsageError(`--tile: expected auto, off, or WIDTHxHEIGHT, as in 512x512, found "${tile}".`);
  }
  const part = region === undefined ? undefined : regionOf(region);
  if (region !== undefined && part === undefined) {
    throw new UsageError(`--region: expected x,y,width,height in pixels, as in 100,50,640,480, found "${region}".`);
  }
  return {
    ...(wish === undefined ? {} : { tile: wish }),
    ...(flips === undefined ? {} : { flips }),
    ...(scales === undefined ? {} : { scales: scales.split(',').map((text) => numberOf('--scales', text, 0.25, 4)!) }),
    ...(part === undefined ? {} : { region: part }),
    ...(inPlace === undefined ? {} : { regionOnly: !inPlace }),
  };
}
