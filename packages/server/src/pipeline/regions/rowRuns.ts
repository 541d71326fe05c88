import { refuseTooMany } from './bordersMax.ts';
import type { RowRuns } from './brushRle.ts';
import type { WantedMap } from './wantedMap.ts';

/** The runs of each class that is there, row after row as one line; one pass for all classes. Key: class index. */
export function rowRuns({ data, width, height, classes }: WantedMap): Map<number, RowRuns> {
  const found = new Map<number, number[]>();
  const ends = new Float64Array(classes.length + 1);
  let count = 0;
  for (let at = 0; at < data.length; ) {
    const value = data[at]!;
    const start = at;
    while (at < data.length && data[at] === value) at++;
    if (value === 0) continue;
    const index = classes[value - 1]!;
    const runs = found.get(index) ?? [];
    if (runs.length === 0) found.set(index, runs);
    runs.push(start - ends[value]!, at - start);
    count += 2;
    ends[value] = at;
  }
  refuseTooMany(count);
  const pixels = width * height;
  for (const [index, runs] of found) {
    const rest = pixels - runs.reduce((sum, run) => sum + run, 0);
    if (rest > 0) runs.push(rest);
    found.set(index, runs);
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}
