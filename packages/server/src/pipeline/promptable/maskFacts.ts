import type { Region, Size } from '../../domain/geometry.ts';
import type { Box } from '../postprocess/instances/found.ts';
import type { LogitPlane } from './growLogits.ts';

export interface MaskFacts {
  /** Pixels of the plane above the level. */
  readonly area: number;
  /** How little the mask changes when the level moves, 0…1. */
  readonly stability: number;
  /** Smallest rectangle around what is above the level, in pixels of the plane. */
  readonly box: Box;
}

/** How far the level moves to either side: the default of SAM's automatic mask generator (`stability_score_offset`). */
const offset = 1;

/**
 * What a mask is judged by, of the window that shows the picture. Stability is segment_anything's `calculate_stability_score` (utils/amg.py): pixels
 * above level + 1 ÷ pixels above level − 1. There it is counted at the picture's size, here at the mask's own.
 */
export function maskFacts({ data, width }: LogitPlane, window: Region, level: number): MaskFacts {
  let [area, surely, perhaps] = [0, 0, 0];
  let [left, right, top, bottom] = [width, -1, Number.POSITIVE_INFINITY, -1];
  for (let y = window.y; y < window.y + window.height; y++) {
    for (let x = window.x, at = y * width + x; x < window.x + window.width; x++, at++) {
      const logit = data[at]!;
      if (!(logit > level - offset)) continue;
      perhaps++;
      if (logit > level + offset) surely++;
      if (!(logit > level)) continue;
      area++;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  const box =
    area === 0 ? { left: 0, top: 0, right: 0, bottom: 0 } : { left, top, right: right + 1, bottom: bottom + 1 };
  return { area, stability: perhaps === 0 ? 0 : surely / perhaps, box };
}

/** A mask's own part of its plane, and a margin that growing looks at: what is kept of hundreds of masks. */
export interface CutPlane {
  readonly whole: Size;
  readonly place: Region;
  readonly data: Float32Array;
}

/** With a margin that holds all that a place of the picture blends with the mask, also on the way over the input's places. */
export function cutPlane(plane: LogitPlane, { left, top, right, bottom }: Box, input: Size): CutPlane {
  const margin = 1 + Math.ceil(Math.max(plane.width / input.width, plane.height / input.height));
  const x = Math.max(0, left - margin);
  const y = Math.max(0, top - margin);
  const width = Math.min(plane.width, right + margin) - x;
  const height = Math.min(plane.height, bottom + margin) - y;
  const data = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * plane.width + x;
    data.set(plane.data.subarray(from, from + width), row * width);
  }
  return { whole: { width: plane.width, height: plane.height }, place: { x, y, width, height }, data };
}

/** The plane again; what was not kept is far below every level. */
export function wholePlane({ whole, place, data }: CutPlane): LogitPlane {
  const out = new Float32Array(whole.width * whole.height).fill(-1000);
  for (let row = 0; row < place.height; row++) {
    const own = data.subarray(row * place.width, (row + 1) * place.width);
    out.set(own, (place.y + row) * whole.width + place.x);
  }
  return { ...whole, data: out };
}
