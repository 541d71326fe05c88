export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Slope {
  readonly value: number;
  /** Where it lies nine times of ten. */
  readonly low: number;
  readonly high: number;
}

/**
 * Theil–Sen: the median of the slopes between all pairs, of which a third may be wild without moving it. The interval is
 * Sen's of 1968: as many slopes on either side as Kendall's rank statistic would leave by chance.
 */
export function theilSen(points: readonly Point[]): Slope {
  const slopes: number[] = [];
  for (let left = 0; left < points.length; left++) {
    for (let right = left + 1; right < points.length; right++) {
      slopes.push((points[right]!.y - points[left]!.y) / (points[right]!.x - points[left]!.x));
    }
  }
  slopes.sort((a, b) => a - b);
  const count = points.length;
  const reach = 1.645 * Math.sqrt((count * (count - 1) * (2 * count + 5)) / 18);
  const at = (rank: number) => slopes[Math.min(Math.max(Math.round(rank), 0), slopes.length - 1)] ?? Number.NaN;
  const middle = (slopes.length - 1) / 2;
  return { value: at(middle), low: at(middle - reach / 2), high: at(middle + reach / 2) };
}
