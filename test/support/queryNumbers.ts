import { randomNumbers } from '../../packages/server/src/graph/testing/tinyNetwork.ts';

export interface QueryNumbers {
  /** [count, classes + 1] */
  readonly logits: readonly number[];
  /** [count, height, width] */
  readonly masks: readonly number[];
}

/** The numbers of `queries` in test/reference/panoptic.py: round masks of all sizes, and class logits of which one or none stands out. */
export function queryNumbers(
  seed: number,
  count: number,
  classes: number,
  [width, height]: readonly [number, number],
  sure: number,
): QueryNumbers {
  const random = randomNumbers(seed);
  const logits: number[] = [];
  for (let query = 0; query < count; query++) {
    const row = Array.from({ length: classes + 1 }, () => random() * 2);
    const best = Math.floor(random() * (classes + 1));
    row[best] = row[best]! + random() * sure;
    logits.push(...row);
  }
  const masks: number[] = [];
  for (let query = 0; query < count; query++) {
    const [x, y] = [random() * width, random() * height];
    const radius = (0.08 + 0.4 * random()) * width;
    const steep = 1 + 4 * random();
    for (let at = 0; at < width * height; at++) {
      const [column, row] = [at % width, Math.floor(at / width)];
      const away = (column - x) * (column - x) + (row - y) * (row - y);
      masks.push(steep * (1 - away / (radius * radius)) + random() * 0.5);
    }
  }
  return { logits, masks };
}
