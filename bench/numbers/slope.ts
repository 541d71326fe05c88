import { median } from './summary.ts';

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Theil–Sen: the median of the slopes between all pairs. A third of the points may be wild without moving it. */
export function theilSen(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (let left = 0; left < points.length; left++) {
    for (let right = left + 1; right < points.length; right++) {
      const run = points[right]!.x - points[left]!.x;
      if (run !== 0) slopes.push((points[right]!.y - points[left]!.y) / run);
    }
  }
  return median(slopes);
}
