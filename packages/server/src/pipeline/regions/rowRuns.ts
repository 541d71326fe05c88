import { refuseTooMany } from './bordersMax.ts';
import type { RowRuns } from './brushRle.ts';
import type { RunMap } from './runMap.ts';

/** The runs of each class that is there, row after row as one line; one pass for all classes. Key: class index. */
export function rowRuns({ start, end, value, rows, width, height, classes, limit }: RunMap): Map<number, RowRuns> {
  let count = 0;
  const found = new Map<number, number[]>();
  const ends = new Float64Array(classes.length + 1);
  for (let y = 0; y < height; y++) {
    for (let run = rows[y]!; run < rows[y + 1]!; run++) {
      const number = value[run]!;
      const index = classes[number - 1]!;
      const runs = found.get(index) ?? [];
      if (runs.length === 0) found.set(index, runs);
      const first = y * width + start[run]!;
      // A run that goes on at the left of the next row is one run.
      if (first === ends[number] && runs.length > 0) runs[runs.length - 1]! += end[run]! - start[run]!;
      else {
        runs.push(first - ends[number]!, end[run]! - start[run]!);
        count += 2;
      }
      ends[number] = y * width + end[run]!;
    }
  }
  refuseTooMany(count, limit);
  const pixels = width * height;
  for (const [index, runs] of found) {
    const rest = pixels - runs.reduce((sum, run) => sum + run, 0);
    if (rest > 0) runs.push(rest);
    found.set(index, runs);
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}
