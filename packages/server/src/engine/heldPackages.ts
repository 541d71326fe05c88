import { isChain } from '../domain/chainSpec.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { Opened } from '../pipeline/opened.ts';
import type { LoadReport } from './runner.ts';

/** A package that was opened, or why not. */
export type Opening = { readonly report: LoadReport; readonly model?: Opened };
type OpenOne = (spec: ModelSpec, parts: ReadonlyMap<string, Opened>) => Promise<Opening>;

interface Held {
  readonly model: Opened;
  readonly report: LoadReport;
  /** For whom it is open, by ref: itself, when it was loaded by name, and chains that are made of it. */
  readonly holders: Set<string>;
}

/**
 * Packages that are open: each once, however many chains are made of it, and for as long as it is loaded by name or part of
 * a chain that is. Calls must not overlap: whoever owns it makes them one after the other.
 */
export class HeldPackages {
  readonly #openOne: OpenOne;
  readonly #held = new Map<string, Held>();

  constructor(openOne: OpenOne) {
    this.#openOne = openOne;
  }

  /** The package, if it was loaded by name. */
  loaded(ref: string): Opened | undefined {
    const held = this.#held.get(ref);
    return held?.holders.has(ref) ? held.model : undefined;
  }

  /** Opens it, its parts first, unless it is open; what fails leaves nothing open behind. */
  async hold(spec: ModelSpec, holder = spec.ref): Promise<LoadReport> {
    const known = this.#held.get(spec.ref);
    if (known) {
      known.holders.add(holder);
      return known.report;
    }
    const parts = new Map<string, Opened>();
    for (const part of partsOf(spec)) {
      const { error } = await this.hold(part, spec.ref);
      if (error !== undefined) {
        await this.#releaseParts(parts.keys(), spec.ref);
        return failed(spec.ref, `${part.ref}, of which it is made, did not load: ${error}`);
      }
      parts.set(part.ref, this.#held.get(part.ref)!.model);
    }
    const { model, report } = await this.#openOne(spec, parts);
    if (model) this.#held.set(spec.ref, { model, report, holders: new Set([holder]) });
    else await this.#releaseParts(parts.keys(), spec.ref);
    return report;
  }

  /** Closes it when nobody else holds it, and then what it is made of. */
  async release(ref: string, holder = ref): Promise<void> {
    const held = this.#held.get(ref);
    if (!held?.holders.delete(holder) || held.holders.size > 0) return;
    this.#held.delete(ref);
    await held.model.close();
    const refs = partsOf(held.model.spec).map((part) => part.ref);
    await this.#releaseParts(refs, ref);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#held.values()].map(({ model }) => model.close()));
    this.#held.clear();
  }

  async #releaseParts(refs: Iterable<string>, holder: string): Promise<void> {
    for (const ref of refs) await this.release(ref, holder);
  }
}

function partsOf(spec: ModelSpec): readonly ModelSpec[] {
  return isChain(spec) ? spec.parts : [];
}

/** How a package stands that could not be opened. */
export function failed(ref: string, error: string): LoadReport {
  return { ref, error, provider: undefined, fused: false, note: '', signature: undefined };
}
