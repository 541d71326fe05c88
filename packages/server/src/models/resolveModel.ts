import { closest, distance } from 'fastest-levenshtein';
import { Fault } from '../domain/fault.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';

/** The spec that `name`, `name:version` or `name:latest` means; throws Fault `unknown_model` that lists the known ones. */
export function resolveModel(specs: readonly ModelSpec[], ref: string): ModelSpec {
  const [name = '', version = 'latest'] = ref.split(':');
  const versions = specs.filter((spec) => spec.manifest.name === name);
  const found =
    version === 'latest'
      ? versions.toSorted((a, b) => compareVersions(b.manifest.version, a.manifest.version))[0]
      : versions.find((spec) => spec.manifest.version === version);
  if (found) return found;
  const known = specs.map((spec) => spec.ref);
  const near = known.length > 0 ? closest(ref, known) : undefined;
  const hint = near && distance(ref, near) <= 3 ? ` Did you mean "${near}"?` : '';
  throw new Fault('unknown_model', `No model "${ref}" is served here.${hint} Known: ${known.join(', ') || 'none'}.`, {
    expected: known.join(', '),
    received: ref,
  });
}

/** Numbers inside versions count as numbers: "9" < "10", "1.9" < "1.10". */
function compareVersions(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
