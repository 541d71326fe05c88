import { type Axis, placed } from '../instances/sample.ts';

/** For each pixel of a side the two places of a map that it lies between, and how far it is on its way to the second, 0…1. */
export interface Taps {
  readonly firsts: Uint32Array;
  readonly seconds: Uint32Array;
  readonly shares: Float64Array;
}

export function tapsOf(axis: Axis, side: number): Taps {
  const firsts = new Uint32Array(side);
  const seconds = new Uint32Array(side);
  const shares = new Float64Array(side);
  for (let pixel = 0; pixel < side; pixel++) {
    const place = placed(axis, pixel);
    const first = Math.floor(place);
    firsts[pixel] = first;
    seconds[pixel] = Math.min(first + 1, axis.most);
    shares[pixel] = place - first;
  }
  return { firsts, seconds, shares };
}

/** Neighbouring pixels of a side that are made of the same places of a map. */
export interface Footprints {
  /** First pixel of each group, and behind the last their number. */
  readonly begins: Uint32Array;
  /** First and last place of each group. */
  readonly firsts: Uint32Array;
  readonly lasts: Uint32Array;
}

/** `through`: where the places are pixels of a map that is itself made of another, the taps of that. */
export function footprintsOf(taps: Taps, through?: Taps): Footprints {
  const begins: number[] = [];
  const firsts: number[] = [];
  const lasts: number[] = [];
  for (let pixel = 0; pixel < taps.firsts.length; pixel++) {
    const [near, far] = [taps.firsts[pixel]!, taps.seconds[pixel]!];
    const first = through ? through.firsts[near]! : near;
    const last = through ? through.seconds[far]! : far;
    if (first === firsts.at(-1) && last === lasts.at(-1)) continue;
    begins.push(pixel);
    firsts.push(first);
    lasts.push(last);
  }
  begins.push(taps.firsts.length);
  return { begins: Uint32Array.from(begins), firsts: Uint32Array.from(firsts), lasts: Uint32Array.from(lasts) };
}
