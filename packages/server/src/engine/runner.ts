import type { Ticket, TicketOutcome } from './ticket.ts';

/** How one model stands in one runner. */
export interface LoadReport {
  readonly ref: string;
  readonly error: string | undefined;
  /** The execution provider that its session really got. */
  readonly provider: string | undefined;
  readonly fused: boolean;
  /** What was fused, or why not. */
  readonly note: string;
}

export interface RunnerEvents {
  /** Every model has been tried; the runner takes batches from now on. */
  ready(runner: Runner, reports: readonly LoadReport[]): void;
  /** A ticket's work has ended and its pixels are free, whether or not its caller still waits. */
  finished(runner: Runner, ticket: Ticket, outcome: TicketOutcome): void;
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
  /** Finishes what it holds, then ends; resolves when it has ended. */
  retire(): Promise<void>;
  /** Ends at once. */
  kill(): void;
}
