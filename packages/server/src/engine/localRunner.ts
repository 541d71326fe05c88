import { publish } from '../domain/events.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { WorkbenchOptions } from './messages.ts';
import type { LoadReport, Runner, RunnerEvents } from './runner.ts';
import type { Ticket } from './ticket.ts';
import { Workbench } from './workbench.ts';

/** The same work in the caller's own process: for the command line and for library use. */
export class LocalRunner implements Runner {
  readonly pid = process.pid;
  readonly #workbench: Workbench;
  readonly #events: RunnerEvents;
  readonly #batches = new Set<Promise<void>>();
  #ticketsInFlight = 0;

  constructor(options: WorkbenchOptions, events: RunnerEvents) {
    this.#events = events;
    this.#workbench = new Workbench(options);
    this.#open(options).catch((error) => publish('segserve:defect', { where: 'in-process engine', error }));
  }

  async #open(options: WorkbenchOptions): Promise<void> {
    const { now, later } = this.#workbench.open(options);
    this.#events.ready(this, await now);
    for (const one of later) this.#events.opened(this, await one);
  }

  get batchesInFlight(): number {
    return this.#batches.size;
  }

  get ticketsInFlight(): number {
    return this.#ticketsInFlight;
  }

  get rssBytes(): number {
    return process.memoryUsage.rss();
  }

  send(batch: readonly Ticket[]): void {
    const tickets = new Map(batch.map((ticket) => [ticket.id, ticket]));
    const model = batch[0]!.spec.ref;
    this.#ticketsInFlight += batch.length;
    const running = this.#workbench.run(model, batch, (id, outcome) => {
      this.#ticketsInFlight -= 1;
      this.#events.finished(this, tickets.get(id)!, outcome);
    });
    const settled = running
      .catch((error) => publish('segserve:defect', { where: 'in-process engine', error }))
      .then(() => {
        this.#batches.delete(settled);
        this.#events.freed(this);
      });
    this.#batches.add(settled);
  }

  cancel(ticket: Ticket): void {
    this.#workbench.cancel(ticket.id);
  }

  load(spec: ModelSpec): Promise<LoadReport> {
    return this.#workbench.load(spec);
  }

  unload(ref: string): Promise<void> {
    return this.#workbench.unload(ref);
  }

  async retire(): Promise<void> {
    await Promise.all(this.#batches);
    await this.#workbench.close();
  }

  kill(): void {
    // This process cannot end itself for the engine's sake; what runs is dropped when it finishes.
  }
}
