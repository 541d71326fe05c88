import type { Flips } from '@segserve/contract';
import type { Size } from '../../domain/geometry.ts';
import type { PictureSpec } from '../../domain/modelSpec.ts';
import type { MaskPlan } from '../../domain/request.ts';
import { type Tiling, tilingOf } from '../../domain/tiling.ts';

/** What is averaged: mirror images, and sizes of the input. */
export interface Variants {
  readonly flips: Flips;
  readonly scales: readonly number[];
}

/** How an answer comes from several runs. */
export interface SeveralRuns {
  readonly tiling: Tiling | undefined;
  readonly variants: Variants | undefined;
}

/** Undefined: one run of the whole picture gives the answer. */
export function severalRuns(
  { manifest }: PictureSpec,
  picture: Size,
  mask: Partial<MaskPlan> = {},
): SeveralRuns | undefined {
  if (manifest.task !== 'semantic' && manifest.task !== 'matting') return undefined;
  const tiling = tilingOf(manifest.input, mask.tile, picture);
  const variants = variantsOf(mask);
  return tiling || variants ? { tiling, variants } : undefined;
}

/** Undefined where one run at the usual size is all that is asked for: its scores stay as they are. */
function variantsOf({ flips = 'none', scales = [1] }: Partial<MaskPlan>): Variants | undefined {
  if (flips === 'none' && scales.every((scale) => scale === 1)) return undefined;
  return { flips, scales };
}
