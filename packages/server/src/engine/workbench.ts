import { Fault } from '../domain/fault.ts';
import type { Limits } from '../domain/limits.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { Opened } from '../pipeline/opened.ts';
import { EmbeddingCache } from '../pipeline/promptable/embeddingCache.ts';
import { runTensors } from '../pipeline/tensorRun.ts';
import { checkGoldens } from './goldens.ts';
import { failed, HeldPackages, type Opening } from './heldPackages.ts';
import type { ToOpen, WorkbenchOptions, WorkOrder } from './messages.ts';
import { openPackage } from './openPackage.ts';
import type { LoadReport } from './runner.ts';
import type { SegmentWork, TensorWork, WorkOutcome } from './ticketWork.ts';

/** How the packages that a workbench begins with went. */
interface Openings {
  readonly now: Promise<readonly LoadReport[]>;
  readonly later: readonly Promise<LoadReport>[];
}

type Settle = (id: number, outcome: WorkOutcome) => void;

/**
 * The part of the engine that owns sessions and pixels. A worker process holds one, and so does the in-process engine:
 * both give the same answers because both are this.
 */
export class Workbench {
  readonly #options: Omit<WorkbenchOptions, keyof ToOpen>;
  readonly #models = new HeldPackages((spec, parts) => this.#openOne(spec, parts));
  /** Of all promptable models together. */
  readonly #embeddings: EmbeddingCache;
  readonly #leaving = new Map<number, AbortController>();
  /** Models open and close one after the other, in the order in which they were asked to. */
  #changes: Promise<unknown> = Promise.resolve();
  /** By ref, what is about to open. */
  readonly #opening = new Map<string, Promise<LoadReport>>();

  constructor(options: Omit<WorkbenchOptions, keyof ToOpen>) {
    this.#options = options;
    this.#embeddings = new EmbeddingCache(options.limits.embeddingBytesMax);
  }

  /** Opens every model, one after the other, in this order; one that fails is reported and harms no other. */
  open({ specs, later }: ToOpen): Openings {
    const now = Promise.all(specs.map((spec) => this.load(spec)));
    return { now, later: later.map((spec) => this.load(spec)) };
  }

  /** Opens one model; one that is open stays as it is. */
  load(spec: ModelSpec): Promise<LoadReport> {
    const opening = this.#change(() => this.#models.hold(spec)).finally(() => {
      if (this.#opening.get(spec.ref) === opening) this.#opening.delete(spec.ref);
    });
    this.#opening.set(spec.ref, opening);
    return opening;
  }

  /** Closes one model. Runs in flight end first; whoever sends it orders after this is told that it is not loaded. */
  unload(ref: string): Promise<void> {
    return this.#change(() => this.#models.release(ref));
  }

  /** Settles each order exactly once, as soon as it is done; resolves when all are. */
  async run(ref: string, orders: readonly WorkOrder[], settle: Settle): Promise<void> {
    for (const { id } of orders) this.#leaving.set(id, new AbortController());
    const settleOnce: Settle = (id, outcome) => {
      this.#leaving.delete(id);
      settle(id, outcome);
    };
    await this.#opening.get(ref); // Of those that are opened later.
    const model = this.#models.loaded(ref);
    if (!model) {
      const fault = new Fault('model_not_ready', `${ref} is not loaded; GET /v1/models/${ref} says why.`);
      for (const order of orders) settleOnce(order.id, { fault });
      return;
    }
    const pictures: (SegmentWork & { id: number })[] = [];
    const tensors: (TensorWork & { id: number })[] = [];
    for (const { id, work } of orders) {
      if (work.kind === 'segment') pictures.push({ id, ...work });
      else tensors.push({ id, ...work });
    }
    await Promise.all([
      this.#segment(model, pictures, settleOnce),
      ...tensors.map((work) => this.#infer(model, work, settleOnce)),
    ]);
  }

  /** The order's caller has left: stages that have not begun are left out. */
  cancel(id: number): void {
    this.#leaving.get(id)?.abort();
  }

  close(): Promise<void> {
    return this.#change(() => this.#models.close());
  }

  async #segment(model: Opened, orders: readonly (SegmentWork & { id: number })[], settle: Settle): Promise<void> {
    if (orders.length === 0) return;
    const jobs = orders.map((order) => ({ ...order, signal: this.#leaving.get(order.id)!.signal }));
    await model.segment(jobs, (index, outcome) => {
      settle(orders[index]!.id, 'fault' in outcome ? outcome : { result: { kind: 'segment', ...outcome.result } });
    });
  }

  async #infer(model: Opened, { id, ...work }: TensorWork & { id: number }, settle: Settle): Promise<void> {
    try {
      const limits: Limits = this.#options.limits;
      const { signal } = this.#leaving.get(id)!;
      const result = await runTensors(model.tensors, { ...work, bytesMax: limits.tensorBytesMax, signal });
      settle(id, { result: { kind: 'tensors', ...result } });
    } catch (error) {
      settle(id, { fault: Fault.from(error) });
    }
  }

  #change<Result>(change: () => Promise<Result>): Promise<Result> {
    const changed = this.#changes.then(change);
    this.#changes = changed.catch(() => undefined);
    return changed;
  }

  async #openOne(spec: ModelSpec, parts: ReadonlyMap<string, Opened>): Promise<Opening> {
    const { checkGoldens: goldensWanted, limits } = this.#options;
    let model: Opened | undefined;
    try {
      model = await openPackage(spec, { ...this.#options, embeddings: this.#embeddings }, parts);
      // Goldens warm up too; a package without any must still show that its graph can run.
      const compared = goldensWanted ? await checkGoldens(model, limits) : 0;
      if (compared === 0) await model.warmUp();
      const { provider, fused, note, signature } = model;
      const report: LoadReport = { ref: spec.ref, error: undefined, provider, fused, note, signature };
      return { model, report };
    } catch (error) {
      await model?.close().catch(() => undefined); // Nobody will run it; its own failure is what is told.
      return { report: failed(spec.ref, Fault.from(error).message) };
    }
  }
}
