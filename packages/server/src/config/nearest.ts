import { distance } from 'fastest-levenshtein';

/**
 * The candidate that `name` was most likely meant to be; undefined when none is near. Names are also compared by their
 * last part alone, so that "port" finds "listen.port".
 */
export function nearest(name: string, candidates: Iterable<string>, separator = '.'): string | undefined {
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  const wanted = name.toLowerCase();
  for (const candidate of candidates) {
    const full = candidate.toLowerCase();
    const tail = full.slice(full.lastIndexOf(separator) + 1);
    // A hit on the last part alone counts a little more than one on the whole, so that the whole wins a tie.
    const apart = Math.min(distance(wanted, full), distance(wanted, tail) + 0.5);
    if (apart < bestDistance) {
      best = candidate;
      bestDistance = apart;
    }
  }
  return bestDistance <= Math.max(2.5, name.length * 0.3) ? best : undefined;
}

/** " Did you mean "listen.port"?" or nothing. */
export function didYouMean(name: string, candidates: Iterable<string>, separator?: string): string {
  const near = nearest(name, candidates, separator);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}
