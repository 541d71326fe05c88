import { Fault } from '../domain/fault.ts';
import type { ImageHeader } from '../domain/image.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { AnswerPlan, MaskPlan, SegmentResult } from '../domain/request.ts';

export type TicketOutcome = { readonly result: SegmentResult } | { readonly fault: Fault };

/** What a ticket is issued for. Times are performance.now() of the gateway. */
export interface TicketFacts {
  readonly spec: ModelSpec;
  readonly image: Uint8Array;
  readonly header: ImageHeader;
  readonly answers: readonly AnswerPlan[];
  readonly threshold: number;
  readonly mask: MaskPlan;
  /** Tickets of one key can share a batch: same model, same input size. */
  readonly batchKey: string;
  readonly acceptedAt: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * One accepted request on its way: the compressed picture and what is to be made of it. No pixels exist before a worker
 * takes it.
 */
export interface Ticket extends Omit<TicketFacts, 'deadlineMs' | 'signal'> {
  readonly id: number;
  /** Decoded pixels that it costs a worker. */
  readonly pixels: number;
  /** When it last went to a worker. */
  dispatchedAt: number;
  /** How many workers died while they held it. */
  deaths: number;
  /** Whether the caller has its answer, or has left. Settled once; later outcomes are dropped. */
  settled: boolean;
  readonly settle: (outcome: TicketOutcome) => void;
}

let lastId = 0;

/**
 * A ticket and the promise of its answer. `leave` is called at most once, when the deadline passes or the caller goes
 * before there is an answer; the promise rejects by itself then.
 */
export function issueTicket(
  facts: TicketFacts,
  leave: (ticket: Ticket) => void,
): { ticket: Ticket; answer: Promise<SegmentResult> } {
  const { acceptedAt, deadlineMs, signal, header } = facts;
  const { promise, resolve, reject } = Promise.withResolvers<SegmentResult>();
  const end = (fault: Fault) => {
    leave(ticket);
    ticket.settle({ fault });
  };
  const onAbort = () => end(cancelled());
  const onDeadline = () => end(new Fault('deadline_exceeded', `The answer was not ready within ${deadlineMs} ms.`));
  const timer = setTimeout(onDeadline, acceptedAt + deadlineMs - performance.now());
  signal?.addEventListener('abort', onAbort, { once: true });

  lastId += 1;
  const ticket: Ticket = {
    ...facts,
    id: lastId,
    pixels: header.width * header.height,
    dispatchedAt: acceptedAt,
    deaths: 0,
    settled: false,
    settle(outcome) {
      if (ticket.settled) return;
      ticket.settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if ('fault' in outcome) return reject(outcome.fault);
      const queue = ticket.dispatchedAt - acceptedAt;
      resolve({ ...outcome.result, timings: { ...outcome.result.timings, queue } });
    },
  };
  return { ticket, answer: promise };
}

export function cancelled(): Fault {
  return new Fault('cancelled', 'The caller left before the answer was ready.');
}
