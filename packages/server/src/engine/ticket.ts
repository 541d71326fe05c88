import { Fault } from '../domain/fault.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { bytesOf, pixelsOfWork, type ResultOf, type TicketWork, type WorkOutcome } from './ticketWork.ts';

/** What a ticket is issued for. Times are performance.now() of the gateway. */
export interface TicketFacts<Work extends TicketWork = TicketWork> {
  readonly spec: ModelSpec;
  readonly work: Work;
  /** Which tickets can share a batch with it, how many, and how long the oldest may wait for the others. */
  readonly batching: TicketBatching;
  readonly acceptedAt: number;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
}

export interface TicketBatching {
  /** Tickets of one key can share a batch: same model, same kind of work, same input size. */
  readonly key: string;
  readonly maxSize: number;
  readonly delayMs: number;
  /** Tickets of one home go to the runner that had the last of them, where it has room. */
  readonly home?: string;
}

/**
 * One accepted request on its way: the compressed picture and what is to be made of it, or raw tensors. No pixels exist
 * before a worker takes it.
 */
export interface Ticket extends Omit<TicketFacts, 'deadlineMs' | 'signal'> {
  readonly id: number;
  /** Bytes that it keeps in the queue. */
  readonly bytes: number;
  /** Decoded pixels that it costs a worker. */
  readonly pixels: number;
  /** When it last went to a worker. */
  dispatchedAt: number;
  /** How many workers died while they held it. */
  deaths: number;
  /** Whether the caller has its answer, or has left. Settled once; later outcomes are dropped. */
  settled: boolean;
  readonly settle: (outcome: WorkOutcome) => void;
}

let lastId = 0;

/**
 * A ticket and the promise of its answer. `leave` is called at most once, when the deadline passes or the caller goes
 * before there is an answer; the promise rejects by itself then.
 */
export function issueTicket<Work extends TicketWork>(
  facts: TicketFacts<Work>,
  leave: (ticket: Ticket) => void,
): { ticket: Ticket; answer: Promise<ResultOf<Work>> } {
  const { acceptedAt, deadlineMs, signal, spec, work, batching } = facts;
  const { promise, resolve, reject } = Promise.withResolvers<ResultOf<Work>>();
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
    spec,
    work,
    batching,
    acceptedAt,
    id: lastId,
    bytes: bytesOf(work),
    pixels: pixelsOfWork(work),
    dispatchedAt: acceptedAt,
    deaths: 0,
    settled: false,
    settle(outcome) {
      if (ticket.settled) return;
      ticket.settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      if ('fault' in outcome) return reject(outcome.fault);
      const { result } = outcome;
      if (!isResultOf(result, work))
        return reject(new Fault('internal', `Internal error: ${result.kind} for ${work.kind}.`));
      const queue = ticket.dispatchedAt - acceptedAt;
      resolve({ ...result, timings: { ...result.timings, queue } });
    },
  };
  return { ticket, answer: promise };
}

function isResultOf<Work extends TicketWork>(result: { readonly kind: string }, work: Work): result is ResultOf<Work> {
  return result.kind === work.kind;
}

export function cancelled(): Fault {
  return new Fault('cancelled', 'The caller left before the answer was ready.');
}
