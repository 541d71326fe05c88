import type { Size } from '../../domain/geometry.ts';
import type { Pixels } from '../../domain/image.ts';
import { type Cell, meanOfCells } from './cells.ts';
import { applyModel, guidedFilter } from './guidedFilter.ts';

/** Pixels of the picture for one of the model's: how much the alpha was enlarged, across and down. */
export interface Growth {
  readonly across: number;
  readonly down: number;
}

/**
 * Half the window in pixels of the model, and the variance (of 1²) below which the photo is plain. Chosen on the lemur
 * of shared/images, its true alpha brought to 128 and 256 pixels (also blurred, also a pixel too wide) and back:
 * squared errors fall to a third, half where the mask is too wide. Smaller cells gain nothing. A radius of 4 does as well
 * there, and shows the blocks of poor JPEGs around hair.
 */
const radius = 3;
const epsilon = 1e-4;

/**
 * The alpha (of the photo's size, 0…255) with edges that follow the photo's. One pass over the pixels to make cells of
 * a model pixel each, the guided filter on these, one pass to apply it: linear in pixels, whatever the growth. A model
 * that sees less than the picture knows hair as a soft band; the photo still shows the hairs.
 */
export function refineAlpha(alpha: Uint8Array, photo: Pixels, growth: Growth): Uint8Array {
  const cell = cellFor(photo, growth);
  const cells = meanOfCells(photo, alpha, cell);
  const model = guidedFilter(cells, {
    radiusX: Math.max(1, Math.round((radius * growth.across) / cell.across)),
    radiusY: Math.max(1, Math.round((radius * growth.down) / cell.down)),
    epsilon: epsilon * 255 * 255,
  });
  return applyModel(model, cells, photo, alpha);
}

/** The filter holds about 30 numbers of 4 bytes for each cell. */
const cellsMax = 2 ** 19;

function cellFor({ width, height }: Size, growth: Growth): Cell {
  const [across, down] = [growth.across, growth.down].map((side) => Math.max(1, Math.floor(side))) as [number, number];
  const coarser = Math.max(1, Math.ceil(Math.sqrt((width * height) / (across * down * cellsMax))));
  return { across: across * coarser, down: down * coarser };
}
