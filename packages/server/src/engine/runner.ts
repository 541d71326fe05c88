import type { ModelSpec } from '../domain/modelSpec.ts';
import type { ModelSignature } from '../domain/tensor.ts';
import type { Ticket } from './ticket.ts';
import type { WorkOutcome } from './ticketWork.ts';

/** How one model stands in one runner. */
export interface LoadReport {
  readonly ref: string;
  readonly error: string | undefined;
  /** The execution provider that its session really got. */
  readonly provider: string | undefined;
  readonly fused: boolean;
  /** What was fused, or why not. */
  readonly note: string;
  /** Of the graph as it was exported; undefined when it did not load. */
  readonly signature: ModelSignature | undefined;
}

export interface RunnerEvents {
  /** Every model that cannot wait has been tried; the runner takes batches from now on. */
  ready(runner: Runner, reports: readonly LoadReport[]): void;
  /** One of those that are opened later has been tried. */
  opened(runner: Runner, report: LoadReport): void;
  /** A ticket's work has ended and its pixels are free, whether or not its caller still waits. */
  finished(runner: Runner, ticket: Ticket, outcome: WorkOutcome): void;
  /** A batch has left the runner: there is room for another. */
  freed(runner: Runner): void;
  /** It ended without being told to; `held` were with it and unfinished. */
  died(runner: Runner, why: string, held: readonly Ticket[]): void;
}

/**
 * Something that turns batches of tickets into answers: a worker process, or this very process. It never rejects; it
 * reports.
 */
export interface Runner {
  readonly pid: number;
  readonly batchesInFlight: number;
  readonly ticketsInFlight: number;
  /** Resident memory as last reported, in bytes. */
  readonly rssBytes: number;
  send(batch: readonly Ticket[]): void;
  /** Nobody waits for this ticket any more; stages that have not begun are left out. */
  cancel(ticket: Ticket): void;
  /** Opens a model after whatever it is opening now; one that is open stays as it is. Undefined when the runner ended before. */
  load(spec: ModelSpec): Promise<LoadReport | undefined>;
  /** Closes a model and gives its memory back. Resolves when that is done, or the runner has ended. */
  unload(ref: string): Promise<void>;
  /** Finishes what it holds, then ends; resolves when it has ended. */
  retire(): Promise<void>;
  /** Ends at once. */
  kill(): void;
}
