import { distance } from 'fastest-levenshtein';
import { Fault } from '../domain/fault.ts';

/** All paths that the wires have put up and their methods: what 404, 405 and OPTIONS are answered from. */
export class KnownPaths {
  readonly #methods = new Map<string, Set<string>>();

  add(pattern: string, methods: string | readonly string[]): void {
    const known = this.#methods.get(pattern) ?? new Set();
    for (const method of [methods].flat()) known.add(method);
    this.#methods.set(pattern, known);
  }

  /** For the Allow header: the methods of a path, OPTIONS among them; undefined where nothing lives. */
  allow(path: string): string | undefined {
    const methods = new Set<string>();
    for (const [pattern, known] of this.#methods) {
      if (matches(pattern, path)) for (const method of known) methods.add(method);
    }
    return methods.size === 0 ? undefined : [...methods.add('OPTIONS')].toSorted().join(', ');
  }

  /** What to say when no route took the request. */
  faultOf(method: string, path: string): Fault {
    const allow = this.allow(path);
    if (allow !== undefined) return Fault.expected('method_not_allowed', `one of ${allow} at ${shown(path)}`, method);
    const near = this.#nearest(path);
    return new Fault('not_found', `Nothing lives at ${shown(path)}.${near ? ` Did you mean ${near}?` : ''}`);
  }

  #nearest(path: string): string | undefined {
    const candidates = [...this.#methods.keys()].filter((pattern) => !pattern.includes('*') && pattern !== '/');
    const scored = candidates
      .map((pattern) => ({ pattern, apart: distance(like(pattern, path), path.slice(0, 200)) }))
      .toSorted((a, b) => a.apart - b.apart || a.pattern.length - b.pattern.length)[0];
    if (!scored || scored.apart > Math.max(2, scored.pattern.length * 0.35)) return undefined;
    return scored.pattern.replace(/:(\w+)/g, '{$1}');
  }
}

function matches(pattern: string, path: string): boolean {
  const wanted = segments(pattern);
  const given = segments(path);
  const rest = wanted.at(-1) === '*';
  if (rest ? given.length < wanted.length - 1 : given.length !== wanted.length) return false;
  return wanted.every((word, index) => word === '*' || word === given[index] || (word[0] === ':' && given[index]));
}

/** The pattern with the path's own words where it takes any, so that only the fixed words are compared. */
function like(pattern: string, path: string): string {
  const given = segments(path);
  return `/${segments(pattern)
    .map((word, index) => (word[0] === ':' ? (given[index] ?? word) : word))
    .join('/')}`;
}

function segments(path: string): string[] {
  return path.split('/').filter((word) => word !== '');
}

function shown(path: string): string {
  return path.length > 120 ? `${path.slice(0, 120)}…` : path;
}
