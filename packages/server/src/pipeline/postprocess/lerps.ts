/** For each pixel the two cells whose centres it lies between, and the share of the second, 0…1. */
export interface Lerps {
  readonly first: Uint32Array;
  readonly second: Uint32Array;
  readonly share: Float32Array;
}

/** How `pixels` lie over `cells` cells of `step` pixels. Before the first centre and behind the last a cell stands alone. */
export function lerpsOf(pixels: number, step: number, cells: number): Lerps {
  const first = new Uint32Array(pixels);
  const second = new Uint32Array(pixels);
  const share = new Float32Array(pixels);
  for (let at = 0; at < pixels; at++) {
    const place = Math.min(Math.max((at + 0.5) / step - 0.5, 0), cells - 1);
    first[at] = place;
    second[at] = Math.min(first[at]! + 1, cells - 1);
    share[at] = place - first[at]!;
  }
  return { first, second, share };
}
