/**
 * The place of a map that lies furthest from what is not 0, the picture's edge being such a border too; its distance is 0
 * where the map is empty. Exact: distances down each column first, then the least over the row, as far as it can still become less.
 */
export function middleOf(map: Uint8Array, width: number, height: number): { x: number; y: number; distance: number } {
  const down = new Float64Array(width * height);
  for (let x = 0; x < width; x++) {
    let since = 0;
    for (let y = 0; y < height; y++) {
      since = map[y * width + x] ? since + 1 : 0;
      down[y * width + x] = since;
    }
    since = 0;
    for (let y = height - 1; y >= 0; y--) {
      since = map[y * width + x] ? since + 1 : 0;
      down[y * width + x] = Math.min(down[y * width + x]!, since);
    }
  }
  let best = { x: 0, y: 0, distance: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const distance = acrossFrom(down, y * width, x, width, best.distance);
      if (distance > best.distance) best = { x, y, distance };
    }
  }
  return { ...best, distance: Math.sqrt(best.distance) };
}

/** Squared distance of a place of the row, or anything not above `atLeast` once it is known not to exceed it. */
function acrossFrom(down: Float64Array, row: number, x: number, width: number, atLeast: number): number {
  let least = down[row + x]! ** 2;
  for (let step = 1; step * step < least && least > atLeast; step++) {
    const left = x - step < 0 ? 0 : down[row + x - step]!;
    const right = x + step >= width ? 0 : down[row + x + step]!;
    least = Math.min(least, step * step + Math.min(left, right) ** 2);
  }
  return least;
}
