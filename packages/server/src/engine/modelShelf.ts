import { publish } from '../domain/events.ts';
import { Fault } from '../domain/fault.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { ModelSignature } from '../domain/tensor.ts';
import { type ModelStanding, stateOf } from './describeModel.ts';
import type { ToOpen } from './messages.ts';
import type { LoadReport, Runner } from './runner.ts';

export interface ModelShelfOptions {
  /** Runners that answer or will, each of which holds what is loaded. */
  readonly runners: () => readonly Runner[];
  /** Whether a ticket of this model waits or runs. */
  readonly holds: (ref: string) => boolean;
  /** Whether a runner is ready before it has opened this one. */
  readonly opensLater: (spec: ModelSpec) => boolean;
}

/**
 * Which models are loaded. Changes of one model happen one after the other, in the order in which they were asked for;
 * each goes through the runners one by one, so that at most one of them is busy with opening a session.
 */
export class ModelShelf {
  readonly #options: ModelShelfOptions;
  readonly #standings: ReadonlyMap<string, ModelStanding>;
  readonly #turns = new Map<string, Promise<void>>();
  /** Woken when a report came, a ticket left the house, or the house closes. */
  readonly #watchers = new Set<() => void>();
  #closed = false;

  constructor(specs: readonly ModelSpec[], options: ModelShelfOptions) {
    this.#options = options;
    this.#standings = new Map(specs.map((spec) => [spec.ref, { spec, phase: 'loaded', report: undefined }]));
    for (const { ref } of specs) publish('segserve:model', { model: ref, event: 'loading', detail: '' });
  }

  all(): readonly ModelStanding[] {
    return [...this.#standings.values()];
  }

  standing({ ref }: ModelSpec): ModelStanding {
    return this.#standings.get(ref)!; // Specs come from the same list.
  }

  /**
   * What a runner that starts now is to open, before it is ready and after. A model that is being emptied is among it: a retry
   * may still need it.
   */
  wanted(): ToOpen {
    const { opensLater } = this.#options;
    const wanted = this.all().filter(({ phase }) => phase !== 'unloaded');
    const [later = [], specs = []] = [true, false].map((isLater) =>
      wanted.map(({ spec }) => spec).filter((spec) => opensLater(spec) === isLater),
    );
    return { specs, later };
  }

  note(reports: readonly LoadReport[]): void {
    for (const report of reports) {
      const standing = this.#standings.get(report.ref);
      if (!standing || standing.phase === 'unloaded') continue; // It was opened before it was told to close.
      standing.report = report;
      const event = report.error === undefined ? 'ready' : 'failed';
      publish('segserve:model', { model: report.ref, event, detail: report.error ?? report.note });
    }
    this.look();
  }

  /** Throws Fault `model_not_ready` unless requests for the model may be accepted: it answers, or is about to for the first time. */
  check(spec: ModelSpec): void {
    const { phase, report } = this.standing(spec);
    if (phase === 'unloaded' || phase === 'emptying') {
      throw new Fault('model_not_ready', `${spec.ref} is unloaded; it answers again once it is loaded.`);
    }
    if (phase === 'loading') throw new Fault('model_not_ready', `${spec.ref} is loading.`, { retryAfterMs: 1000 });
    if (report?.error !== undefined) {
      throw new Fault('model_not_ready', `${spec.ref} failed to load: ${report.error}`);
    }
  }

  /** Throws Fault `model_not_ready` until a runner has opened the model. */
  signature(spec: ModelSpec): ModelSignature {
    this.check(spec);
    const signature = this.standing(spec).report?.signature;
    if (signature) return signature;
    throw new Fault('model_not_ready', `${spec.ref} is loading.`, { retryAfterMs: 1000 });
  }

  load(spec: ModelSpec): Promise<void> {
    return this.#inTurn(spec.ref, () => this.#load(this.standing(spec)));
  }

  unload(spec: ModelSpec): Promise<void> {
    return this.#inTurn(spec.ref, () => this.#unload(this.standing(spec)));
  }

  /** Something has changed that a load or unload may be waiting for. */
  look(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Ends every load and unload that waits. */
  close(): void {
    this.#closed = true;
    this.look();
  }

  async #load(standing: ModelStanding): Promise<void> {
    const { ref } = standing.spec;
    if (standing.phase === 'loaded') await this.#until(() => standing.report !== undefined);
    if (stateOf(standing) === 'ready') return;
    standing.phase = 'loading';
    standing.report = undefined;
    publish('segserve:model', { model: ref, event: 'loading', detail: '' });
    try {
      for (const runner of this.#options.runners()) {
        const report = await runner.load(standing.spec);
        if (report) this.note([report]);
        if (report?.error !== undefined) break;
      }
      // None where every runner died meanwhile: their replacements open it and tell.
      await this.#until(() => standing.report !== undefined);
    } finally {
      standing.phase = 'loaded';
    }
    const error = reportOf(standing)?.error;
    if (error !== undefined) throw new Fault('model_invalid', `${ref} failed to load: ${error}`);
  }

  async #unload(standing: ModelStanding): Promise<void> {
    const { ref } = standing.spec;
    if (standing.phase === 'unloaded') return;
    standing.phase = 'emptying';
    await this.#until(() => !this.#options.holds(ref));
    standing.phase = 'unloaded';
    standing.report = undefined;
    for (const runner of this.#options.runners()) await runner.unload(ref);
    publish('segserve:model', { model: ref, event: 'unloaded', detail: '' });
  }

  #inTurn(ref: string, change: () => Promise<void>): Promise<void> {
    const before = this.#turns.get(ref) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(change);
    this.#turns.set(ref, turn);
    return turn;
  }

  /** Throws Fault `shutting_down` when the house closes before it is so. */
  async #until(isSo: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = () => {
      if (this.#closed || isSo()) resolve();
    };
    this.#watchers.add(watcher);
    watcher();
    await promise;
    this.#watchers.delete(watcher);
    if (this.#closed) throw new Fault('shutting_down', 'The server is shutting down.', { retryAfterMs: 1000 });
  }
}

/** Reads it anew: others have written it since. */
function reportOf(standing: ModelStanding): LoadReport | undefined {
  return standing.report;
}
