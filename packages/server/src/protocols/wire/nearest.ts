import { closest, distance } from 'fastest-levenshtein';

/** The known word that was most likely meant; undefined when none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || word.length > 100) return undefined;
  const best = closest(word.toLowerCase(), known);
  const apart = distance(word.toLowerCase(), best.toLowerCase());
  return apart <= Math.max(2, best.length * 0.4) ? best : undefined;
}
