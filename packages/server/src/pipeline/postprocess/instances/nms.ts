import type { Box } from './found.ts';

export interface Candidate {
  readonly class: number;
  readonly score: number;
  readonly box: Box;
}

/** Highest score first, the earlier first among equals; no more than `most`. */
export function bestFirst<One extends { readonly score: number }>(list: readonly One[], most: number): One[] {
  return list.toSorted((a, b) => b.score - a.score).slice(0, most); // stable, so that ties stay in order
}

/**
 * Greedy suppression within each class: from the highest score down, a box stays unless it overlaps a box of its class
 * that stayed by more than `iouThreshold`. Each candidate is compared with those that stayed, of which there are at most
 * `most`: time is candidates × most, and not candidates squared.
 */
export function suppressed<One extends Candidate>(sorted: readonly One[], iouThreshold: number, most: number): One[] {
  const stayed: One[] = [];
  const byClass = new Map<number, One[]>();
  for (const one of sorted) {
    if (stayed.length === most) break;
    const rivals = byClass.get(one.class) ?? [];
    if (rivals.some((rival) => iou(rival.box, one.box) > iouThreshold)) continue;
    stayed.push(one);
    rivals.push(one);
    byClass.set(one.class, rivals);
  }
  return stayed;
}

/** Intersection ÷ union; boxes without an area overlap nothing. */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const both = width * height;
  return both / (areaOf(a) + areaOf(b) - both);
}

function areaOf({ left, top, right, bottom }: Box): number {
  return (right - left) * (bottom - top);
}
