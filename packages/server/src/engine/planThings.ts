import {
  type BoxPrompt,
  type PointPrompt,
  type Prompts,
  promptBoxesMax,
  promptPointsMax,
  promptStepsMax,
} from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { Region } from '../domain/geometry.ts';
import { type ImageHeader, wholeSizeOf } from '../domain/image.ts';
import type { PromptPlan, ThingPrompt } from '../domain/promptPlan.ts';

type Step = NonNullable<Prompts['previous']>[number];

/**
 * The things that points and boxes show, in pixels of the part that is looked at: all points and up to one box are one thing,
 * several boxes are several. Throws Fault `invalid_request`.
 */
export function planThings(
  { points = [], boxes = [], mask, previous = [], multimask = false }: Prompts,
  header: ImageHeader,
): Pick<PromptPlan, 'things' | 'previous'> {
  checkCounts(points, boxes, previous);
  const seen: Region = header.part ?? { x: 0, y: 0, ...wholeSizeOf(header) };
  if (points.length === 0 && boxes.length === 0) {
    throw Fault.expected('invalid_request', 'at least one point or box, or everything', 'none');
  }
  if (boxes.length > 1) {
    checkBoxesAlone(boxes.length, { points, mask, previous, multimask });
    return { things: boxes.map((box) => thingOf({ points: [], boxes: [box] }, header, seen)), previous: [] };
  }
  const steps = previous.map((step, at) => {
    const many = (step.boxes ?? []).length;
    if (many > 1) throw Fault.expected('invalid_request', `at most one box in previous[${at}]`, `${many}`);
    return thingOf(step, header, seen);
  });
  return { things: [thingOf({ points, boxes }, header, seen)], previous: steps };
}

/** All but boxes speaks of one thing. */
function checkBoxesAlone(count: number, others: Pick<Prompts, 'points' | 'mask' | 'previous' | 'multimask'>): void {
  const isThere = (value: unknown) => value === true || (value as { length?: number } | undefined)?.length;
  const other = Object.entries(others).find(([, value]) => isThere(value))?.[0];
  if (other === undefined) return;
  const expected = `several boxes, each a thing of its own, without ${other}`;
  throw Fault.expected('invalid_request', expected, `${count} boxes and ${other}`);
}

function checkCounts(points: readonly PointPrompt[], boxes: readonly BoxPrompt[], previous: readonly Step[]): void {
  const count = (list: 'points' | 'boxes') => previous.reduce((sum, step) => sum + (step[list]?.length ?? 0), 0);
  const lists = [
    ['points', points.length + count('points'), promptPointsMax],
    ['boxes', boxes.length + count('boxes'), promptBoxesMax],
    ['previous steps', previous.length, promptStepsMax],
  ] as const;
  for (const [what, length, most] of lists) {
    if (length > most) throw Fault.expected('invalid_request', `at most ${most} ${what}`, `${length}`);
  }
}

function thingOf({ points = [], boxes = [] }: Step, header: ImageHeader, seen: Region): ThingPrompt {
  if (points.length === 0 && boxes.length === 0) {
    throw Fault.expected('invalid_request', 'a point or a box in every step', 'none');
  }
  for (const point of points) checkPoint(point, header, seen);
  const [box] = boxes;
  if (box) checkBox(box, header, seen);
  return {
    points: points.map(({ x, y, label = 1 }) => ({ x: x - seen.x, y: y - seen.y, label })),
    ...(box ? { box: { x0: box.x0 - seen.x, y0: box.y0 - seen.y, x1: box.x1 - seen.x, y1: box.y1 - seen.y } } : {}),
  };
}

function checkPoint({ x, y, label }: PointPrompt, header: ImageHeader, seen: Region): void {
  if (!isIn(x, seen.x, seen.width) || !isIn(y, seen.y, seen.height)) {
    throw Fault.expected('invalid_request', `points inside ${nameOf(header, seen)}`, `x ${x}, y ${y}`);
  }
  if (label !== undefined && label !== 0 && label !== 1) {
    throw Fault.expected('invalid_request', 'points with label 1 (the thing) or 0 (not the thing)', `label ${label}`);
  }
}

function checkBox({ x0, y0, x1, y1 }: BoxPrompt, header: ImageHeader, seen: Region): void {
  const received = `${x0}, ${y0} to ${x1}, ${y1}`;
  const isInside =
    isIn(x0, seen.x, seen.width) &&
    isIn(x1, seen.x, seen.width) &&
    isIn(y0, seen.y, seen.height) &&
    isIn(y1, seen.y, seen.height);
  if (!isInside) throw Fault.expected('invalid_request', `boxes inside ${nameOf(header, seen)}`, received);
  if (x0 < x1 && y0 < y1) return;
  throw Fault.expected(
    'invalid_request',
    'boxes from the upper left corner x0, y0 to the lower right x1, y1',
    received,
  );
}

/** Both edges belong to the picture, so that a box may be all of it; no number is in no range. */
function isIn(at: number, start: number, length: number): boolean {
  return at >= start && at <= start + length;
}

function nameOf(header: ImageHeader, { x, y, width, height }: Region): string {
  if (!header.part) return `the picture of ${width}×${height} pixels`;
  return `the region of ${width}×${height} pixels at ${x}, ${y}`;
}
