import { Fault } from '../domain/fault.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { prepareGraph } from '../models/prepare.ts';
import { type OpenModel, openModel, runBatch } from '../pipeline/pipeline.ts';
import { checkGoldens } from './goldens.ts';
import type { WorkbenchOptions, WorkOrder, WorkResult } from './messages.ts';
import type { LoadReport } from './runner.ts';

export type WorkOutcome = { readonly result: WorkResult } | { readonly fault: Fault };

/**
 * The part of the engine that owns sessions and pixels. A worker process holds one, and so does the in-process engine:
 * both give the same answers because both are this.
 */
export class Workbench {
  readonly #models = new Map<string, OpenModel>();
  readonly #leaving = new Map<number, AbortController>();

  /** Opens every model, one after the other; one that fails is reported and harms no other. */
  async open(options: WorkbenchOptions): Promise<LoadReport[]> {
    const reports: LoadReport[] = [];
    for (const spec of options.specs) reports.push(await this.#openOne(spec, options));
    return reports;
  }

  /** Settles each order exactly once, as soon as it is done; resolves when all are. */
  async run(
    model: string,
    orders: readonly WorkOrder[],
    settle: (id: number, outcome: WorkOutcome) => void,
  ): Promise<void> {
    const open = this.#models.get(model);
    if (!open) {
      const fault = new Fault('model_not_ready', `${model} is not loaded; GET /v1/models/${model} says why.`);
      for (const order of orders) settle(order.id, { fault });
      return;
    }
    const jobs = orders.map((order) => {
      const leaving = new AbortController();
      this.#leaving.set(order.id, leaving);
      return { ...order, signal: leaving.signal };
    });
    await runBatch(open, jobs, (index, outcome) => {
      const { id } = orders[index]!;
      this.#leaving.delete(id);
      settle(id, outcome);
    });
  }

  /** The order's caller has left: stages that have not begun are left out. */
  cancel(id: number): void {
    this.#leaving.get(id)?.abort();
  }

  async close(): Promise<void> {
    await Promise.all([...this.#models.values()].map((model) => model.close()));
    this.#models.clear();
  }

  async #openOne(spec: ModelSpec, options: WorkbenchOptions): Promise<LoadReport> {
    try {
      const model = await openModel(spec, (variant) => prepareGraph(spec, variant), options);
      // Goldens warm up too; a package without any must still show that its graph can run.
      if (options.checkGoldens && spec.manifest.golden.length > 0) await checkGoldens(model, options.limits);
      else await model.warmUp();
      this.#models.set(spec.ref, model);
      return { ref: spec.ref, error: undefined, provider: model.provider, fused: model.fused, note: model.note };
    } catch (error) {
      const { message } = Fault.from(error);
      return { ref: spec.ref, error: message, provider: undefined, fused: false, note: '' };
    }
  }
}
