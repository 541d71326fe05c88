import type { Placement, Size } from '../../domain/geometry.ts';
import type { ThingPrompt } from '../../domain/promptPlan.ts';

/** What a decoder is told of one thing: x, y in pixels of the model's input, and a label for each. */
export interface PromptTokens {
  /** x, y, x, y … */
  readonly coords: readonly number[];
  readonly labels: readonly number[];
}

/** Labels of the two corners of a box, and of a point that is none (segment_anything/utils/onnx.py, `_embed_points`). */
const [upperLeft, lowerRight, none] = [2, 3, -1];

/**
 * Points, then the corners of the box. Coordinates are scaled plainly, by the sides' own ratios, as SAM's
 * `ResizeLongestSide.apply_coords` does; the half pixel to the middle is added inside the decoder. `padPoint`: where there is no box
 * a point that is none is added, as SAM's exported decoder wants it.
 */
export function tokensOf(
  { points, box }: ThingPrompt,
  picture: Size,
  { region }: Placement,
  padPoint: boolean,
): PromptTokens {
  const x = (at: number) => (at * region.width) / picture.width + region.x;
  const y = (at: number) => (at * region.height) / picture.height + region.y;
  const coords = points.flatMap((point) => [x(point.x), y(point.y)]);
  const labels = points.map(({ label }) => label as number);
  if (box) {
    coords.push(x(box.x0), y(box.y0), x(box.x1), y(box.y1));
    labels.push(upperLeft, lowerRight);
  } else if (padPoint) {
    coords.push(0, 0);
    labels.push(none);
  }
  return { coords, labels };
}

/** Padded to a number of points that the graph fixes. */
export function paddedTokens({ coords, labels }: PromptTokens, places: number): PromptTokens {
  const missing = Math.max(0, places - labels.length);
  return {
    coords: [...coords, ...new Array<number>(2 * missing).fill(0)],
    labels: [...labels, ...new Array<number>(missing).fill(none)],
  };
}
