import type { Instance } from '../instances/instance.ts';
import { cropped, measured, spansOf } from '../instances/spans.ts';
import { componentIds } from './componentIds.ts';
import type { TidyWish } from './tidyLabels.ts';

/**
 * Instances without holes and specks, each for itself: parts of a mask that are smaller than `minArea` go, and an
 * instance of which nothing is left goes too. The others keep their ids.
 */
export function tidyInstances(instances: readonly Instance[], width: number, wish: TidyWish): Instance[] {
  return instances.flatMap((instance) => {
    const { box } = instance;
    const spans = spansOf(tidyMask(cropped(instance.spans, width, box), box.width, box.height, wish), box, width);
    const facts = measured(spans, width);
    return facts ? [{ ...instance, spans, ...facts }] : [];
  });
}

/** Whatever reaches the box's side is no hole: outside is nothing too. */
function tidyMask(data: Uint8Array, width: number, height: number, { minArea, fillHoles }: TidyWish): Uint8Array {
  const filled =
    fillHoles === 0 ? data : replaced(data, width, height, 0, (pixels, atEdge) => pixels <= fillHoles && !atEdge);
  return minArea === 0 ? filled : replaced(filled, width, height, 1, (pixels) => pixels < minArea);
}

/** Components of `value` that go become the other value. */
function replaced(
  data: Uint8Array,
  width: number,
  height: number,
  value: 0 | 1,
  goes: (pixels: number, atEdge: boolean) => boolean,
): Uint8Array {
  const { ids, pixels } = componentIds(data, { width, height });
  const atEdge = new Uint8Array(pixels.length);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      if (x === 0 || y === 0 || x === width - 1 || y === height - 1) atEdge[ids[at]!] = 1;
    }
  }
  return data.map((own, at) => (own === value && goes(pixels[ids[at]!]!, atEdge[ids[at]!] === 1) ? 1 - own : own));
}
