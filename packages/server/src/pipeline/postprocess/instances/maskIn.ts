import type { Region, Size } from '../../../domain/geometry.ts';
import type { Spans } from '../../instances/spans.ts';
import type { Window } from '../labels.ts';
import type { Box, Found, MaskPlane, MaskShape } from './found.ts';
import { polygonSpans } from './polygonSpans.ts';
import { type Axis, spansAbove } from './sample.ts';

/** The part of the input that shows the picture, and the size that this part is brought to. */
export interface View {
  readonly window: Window;
  readonly target: Size;
}

/** The mask of a thing in the picture. */
export function maskIn(view: View, { box, shape }: Found, threshold: number): Spans {
  switch (shape.kind) {
    case 'plane':
      return planeIn(view, shape.plane(), shape.crop ? inPicture(view, box) : undefined, threshold);
    case 'pasted':
      return pastedIn(view, inPicture(view, box), shape, threshold);
    case 'outline':
      return polygonSpans(
        shape.points.map((value, at) => (at % 2 === 0 ? xOf(view, value) : yOf(view, value))),
        view.target,
      );
  }
}

function xOf({ window, target }: View, x: number): number {
  return ((x - window.x) * target.width) / window.width;
}

function yOf({ window, target }: View, y: number): number {
  return ((y - window.y) * target.height) / window.height;
}

function inPicture(view: View, { left, top, right, bottom }: Box): Box {
  return { left: xOf(view, left), top: yOf(view, top), right: xOf(view, right), bottom: yOf(view, bottom) };
}

function planeIn({ window, target }: View, plane: MaskPlane, crop: Box | undefined, threshold: number): Spans {
  const { area } = plane;
  const across = axisOf(window.x, window.width, target.width, area.left, area.right, plane.width);
  const down = axisOf(window.y, window.height, target.height, area.top, area.bottom, plane.height);
  return spansAbove(plane, across, down, clipTo(crop, target), target.width, threshold);
}

/** What lies beside the picture in the map (letterbox) does not count: edges continue. */
export function axisOf(from: number, length: number, side: number, start: number, end: number, pixels: number): Axis {
  const perPixel = pixels / (end - start);
  const first = (from - start) * perPixel;
  const last = first + length * perPixel;
  const least = clamp(Math.floor(first), 0, pixels - 1);
  const most = clamp(Math.ceil(last) - 1, least, pixels - 1);
  return { start: first, step: (length / side) * perPixel, least, most };
}

/** Pixel i is inside where left ≤ i < right, as in the reference implementations of YOLO. */
function clipTo(box: Box | undefined, { width, height }: Size): Region {
  if (box === undefined) return { x: 0, y: 0, width, height };
  const x = clamp(Math.ceil(box.left), 0, width);
  const y = clamp(Math.ceil(box.top), 0, height);
  return {
    x,
    y,
    width: clamp(Math.ceil(box.right), x, width) - x,
    height: clamp(Math.ceil(box.bottom), y, height) - y,
  };
}

/**
 * torchvision's rule (roi_heads.py, `paste_masks_in_image` with padding 1): one pixel of zeros is put around the mask and
 * the box grows by as much, its corners lose their fractions, the mask is stretched linearly over right − left + 1 pixels,
 * and what is outside the picture falls away. In 32 bits as there, since fractions decide.
 */
function pastedIn(
  { target }: View,
  box: Box,
  { data, width, height }: Extract<MaskShape, { kind: 'pasted' }>,
  threshold: number,
): Spans {
  const padded = { data: framed(data, width, height), width: width + 2 };
  const [left, right] = grown(box.left, box.right, width);
  const [top, bottom] = grown(box.top, box.bottom, height);
  const across = Math.max(right - left + 1, 1);
  const down = Math.max(bottom - top + 1, 1);
  const x = clamp(left, 0, target.width);
  const y = clamp(top, 0, target.height);
  const clip = {
    x,
    y,
    width: clamp(left + across, x, target.width) - x,
    height: clamp(top + down, y, target.height) - y,
  };
  const stepX = (width + 2) / across;
  const stepY = (height + 2) / down;
  const axisX = { start: -left * stepX, step: stepX, least: 0, most: width + 1 };
  const axisY = { start: -top * stepY, step: stepY, least: 0, most: height + 1 };
  return spansAbove(padded, axisX, axisY, clip, target.width, threshold);
}

function grown(least: number, most: number, pixels: number): [number, number] {
  const f = Math.fround;
  const half = f(f(f(f(most) - f(least)) * 0.5) * f((pixels + 2) / pixels));
  const centre = f(f(f(most) + f(least)) * 0.5);
  return [Math.trunc(f(centre - half)), Math.trunc(f(centre + half))];
}

function framed(data: Float32Array, width: number, height: number): Float32Array {
  const out = new Float32Array((width + 2) * (height + 2));
  for (let y = 0; y < height; y++) out.set(data.subarray(y * width, (y + 1) * width), (y + 1) * (width + 2) + 1);
  return out;
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
