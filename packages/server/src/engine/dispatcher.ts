import { publish } from '../domain/events.ts';
import { Fault } from '../domain/fault.ts';
import type { Limits } from '../domain/limits.ts';
import { Batcher } from './batcher.ts';
import type { Crew } from './crew.ts';
import { EmbeddingHomes } from './embeddingHomes.ts';
import type { PoisonList } from './poisonList.ts';
import type { Runner } from './runner.ts';
import type { Ticket } from './ticket.ts';
import type { WorkOutcome } from './ticketWork.ts';

const deathsMax = 2;

/**
 * Decides which tickets go to which runner and when. A ticket whose worker died runs once more, alone in a worker, so
 * that a second death is its own doing and harms nobody else.
 */
export class Dispatcher {
  readonly #limits: Limits;
  readonly #poison: PoisonList;
  readonly #batcher = new Batcher();
  readonly #retries = new Set<Ticket>();
  readonly #homes = new EmbeddingHomes();
  readonly #holders = new Map<Ticket, Runner>();
  /** Runners that hold a retry and nothing else. */
  readonly #reserved = new Map<Runner, Ticket>();
  #pixelsInFlight = 0;
  #msPerTicket = 50;
  #lastFinishAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #crew: Crew | undefined;

  constructor(limits: Limits, poison: PoisonList) {
    this.#limits = limits;
    this.#poison = poison;
  }

  /** The crew and the dispatcher know each other; the crew is made second. */
  attach(crew: Crew): void {
    this.#crew = crew;
  }

  get queued(): number {
    return this.#batcher.size + this.#retries.size;
  }

  get running(): number {
    return this.#holders.size;
  }

  get pixelsInFlight(): number {
    return this.#pixelsInFlight;
  }

  /** Whether a ticket of this model waits or runs, its caller there or not. */
  holds(ref: string): boolean {
    const ours = (ticket: Ticket) => ticket.spec.ref === ref;
    return this.#batcher.holds(ref) || [...this.#retries, ...this.#holders.keys()].some(ours);
  }

  /** Throws Fault `overloaded` when every place is taken; says honestly when one will be free. */
  checkRoom(bytes: number): void {
    const { queueTicketsMax, queueBytesMax } = this.#limits;
    const full = this.queued >= queueTicketsMax;
    if (!full && this.#batcher.bytes + bytes <= queueBytesMax) return;
    const retryAfterMs = Math.ceil(Math.min(60_000, Math.max(1000, this.queued * this.#msPerTicket)));
    const what = full ? `${queueTicketsMax} requests are waiting` : `${queueBytesMax} bytes are the most that may wait`;
    throw new Fault('overloaded', `The queue is full: ${what}. Try again in ${Math.ceil(retryAfterMs / 1000)} s.`, {
      retryAfterMs,
    });
  }

  add(ticket: Ticket): void {
    this.#batcher.add(ticket);
    this.pump();
  }

  /** The caller has gone: frees its place in the queue, or tells the worker to leave out what has not begun. */
  leave(ticket: Ticket): void {
    if (this.#batcher.remove(ticket) || this.#retries.delete(ticket)) return;
    this.#holders.get(ticket)?.cancel(ticket);
  }

  /** Ends all that still waits with this fault. */
  refuseWaiting(fault: Fault): void {
    for (const ticket of [...this.#batcher.drain(), ...this.#retries]) ticket.settle({ fault });
    this.#retries.clear();
  }

  finished(runner: Runner, ticket: Ticket, outcome: WorkOutcome): void {
    this.#release(ticket);
    if (this.#reserved.get(runner) === ticket) this.#reserved.delete(runner);
    this.#measure();
    const embedding = 'result' in outcome && outcome.result.kind === 'segment' ? outcome.result.embedding : undefined;
    if (embedding) publish('segserve:embedding', { model: ticket.spec.ref, workerPid: runner.pid, ...embedding });
    ticket.settle(outcome);
  }

  died(runner: Runner, held: readonly Ticket[]): void {
    this.#reserved.delete(runner);
    this.#homes.forget(runner);
    for (const ticket of held) {
      this.#release(ticket);
      if (ticket.settled) continue;
      ticket.deaths += 1;
      if (ticket.deaths < deathsMax) {
        this.#retries.add(ticket);
        continue;
      }
      this.#poison.note(ticket.spec.ref, ticket.work, ticket.deaths);
      const what = ticket.work.kind === 'segment' ? 'the picture' : 'these tensors';
      const message = `The worker process died ${ticket.deaths} times under this request; ${what} will be refused from now on.`;
      ticket.settle({ fault: new Fault('worker_failed', message) });
    }
  }

  /** Sends whatever may leave to whoever has room. */
  pump(): void {
    clearTimeout(this.#timer);
    this.#sendRetries();
    for (;;) {
      const runner = this.#roomiest();
      if (!runner) break;
      const batch = this.#batcher.next({
        now: performance.now(),
        idle: runner.batchesInFlight === 0,
        pixelsFree: this.#limits.pixelsInFlightMax - this.#pixelsInFlight,
        nothingInFlight: this.#holders.size === 0,
      });
      if (!batch) {
        this.#wakeWhenDue();
        break;
      }
      this.#send(this.#homes.choose(batch[0]!.batching.home, runner, this.#withRoom()), batch);
    }
  }

  #sendRetries(): void {
    for (const ticket of this.#retries) {
      const idle = this.#crew!.atWork().find((runner) => runner.batchesInFlight === 0);
      if (!idle) return;
      this.#retries.delete(ticket);
      this.#reserved.set(idle, ticket);
      this.#send(idle, [ticket]);
    }
  }

  /** The least busy runner that may take another batch. While retries wait, one runner is left to fall idle for them. */
  #roomiest(): Runner | undefined {
    return this.#withRoom()[0];
  }

  #withRoom(): Runner[] {
    const open = this.#crew!.atWork().filter((runner) => !this.#reserved.has(runner));
    const candidates = this.#retries.size > 0 ? open.slice(1) : open;
    return candidates.filter((runner) => runner.batchesInFlight < this.#limits.batchesInFlightMax);
  }

  #send(runner: Runner, batch: readonly Ticket[]): void {
    const now = performance.now();
    for (const ticket of batch) {
      ticket.dispatchedAt = now;
      this.#holders.set(ticket, runner);
      this.#pixelsInFlight += ticket.pixels;
    }
    this.#homes.note(batch[0]!.batching.home, runner);
    runner.send(batch);
    publish('segserve:batch', { model: batch[0]!.spec.ref, size: batch.length, workerPid: runner.pid });
  }

  #release(ticket: Ticket): void {
    if (this.#holders.delete(ticket)) this.#pixelsInFlight -= ticket.pixels;
  }

  #wakeWhenDue(): void {
    const dueAt = this.#batcher.nextDueAt();
    if (dueAt === undefined) return;
    const waitMs = Math.max(0, Math.ceil(dueAt - performance.now()));
    this.#timer = setTimeout(() => this.pump(), waitMs).unref();
  }

  /** How fast tickets leave the house while it is busy, smoothed: what a promise of "try again in" rests on. */
  #measure(): void {
    const now = performance.now();
    const gap = now - this.#lastFinishAt;
    this.#lastFinishAt = now;
    if (this.queued > 0 && gap < 10_000) this.#msPerTicket += 0.1 * (gap - this.#msPerTicket);
  }
}
