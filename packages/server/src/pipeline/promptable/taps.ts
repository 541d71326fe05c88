/** For each target place the first source place, and `taps` weights from there on. Both ascend. */
export interface Taps {
  readonly taps: number;
  readonly first: Uint32Array;
  readonly weights: Float32Array;
}

/** A source place and its weight. */
export type Term = readonly [place: number, weight: number];

/** The terms of each target place as a table without gaps. */
export function tapsOf(terms: readonly (readonly Term[])[], source: number): Taps {
  const spans = terms.map((list) => {
    const places = list.map(([place]) => place);
    return { first: Math.min(...places), last: Math.max(...places) };
  });
  const taps = spans.reduce((most, { first, last }) => Math.max(most, last - first + 1), 1);
  const first = new Uint32Array(terms.length);
  const weights = new Float32Array(terms.length * taps);
  for (const [index, list] of terms.entries()) {
    first[index] = Math.min(spans[index]!.first, source - taps);
    for (const [place, weight] of list) {
      const slot = index * taps + place - first[index]!;
      weights[slot] = weights[slot]! + weight;
    }
  }
  return { taps, first, weights };
}

/** Of the places between `start` and `start + length` of the input, looked up in the source at once. */
export function directTerms(source: number, input: number, start: number, length: number, target: number): Term[][] {
  return windowTerms(source, (start * source) / input, (length * source) / input, target);
}

/** From the target back to the input's places, and from each of those back to the source's. */
export function stagedTerms(source: number, input: number, start: number, length: number, target: number): Term[][] {
  const toSource = Array.from({ length: input }, (_, index) =>
    between(Math.max(0, ((index + 0.5) * source) / input - 0.5), source - 1),
  );
  return windowTerms(input, start, length, target).map((list) =>
    list.flatMap(([place, weight]) => toSource[place]!.map(([inner, share]): Term => [inner, share * weight])),
  );
}

/** Start and length may be fractions; what lies outside of them is not looked at. */
function windowTerms(source: number, start: number, length: number, target: number): Term[][] {
  const least = Math.min(Math.floor(start), source - 1);
  const most = Math.max(least, Math.min(Math.ceil(start + length) - 1, source - 1));
  return Array.from({ length: target }, (_, index) => {
    const at = Math.max(least, start + ((index + 0.5) * length) / target - 0.5);
    return between(at, most);
  });
}

function between(at: number, most: number): Term[] {
  const low = Math.min(Math.floor(at), most);
  const high = Math.min(low + 1, most);
  const share = high === low ? 0 : at - low;
  return [
    [low, 1 - share],
    [high, share],
  ];
}
