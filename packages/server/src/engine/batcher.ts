import type { Ticket } from './ticket.ts';

export interface NextBatch {
  readonly now: number;
  /** A worker has nothing to do: whatever waits may leave at once. */
  readonly idle: boolean;
  /** Decoded pixels that may still be taken in flight. */
  readonly pixelsFree: number;
  /** Nothing at all is in flight, so one ticket may leave whatever its size: otherwise a large one would wait forever. */
  readonly nothingInFlight: boolean;
}

/**
 * Tickets that wait, one queue for each batch key, oldest first. A batch leaves when it is full, when its oldest ticket
 * has waited the model's delay, or when a worker idles; of several that may leave, the one with the oldest ticket goes.
 * Pure bookkeeping: it starts no timer and knows no worker.
 */
export class Batcher {
  readonly #queues = new Map<string, Set<Ticket>>();
  #size = 0;
  #bytes = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes of all that waits: encoded pictures and raw tensors. */
  get bytes(): number {
    return this.#bytes;
  }

  add(ticket: Ticket): void {
    const queue = this.#queues.get(ticket.batching.key);
    if (queue) queue.add(ticket);
    else this.#queues.set(ticket.batching.key, new Set([ticket]));
    this.#size += 1;
    this.#bytes += ticket.bytes;
  }

  /** Whether it was waiting. */
  remove(ticket: Ticket): boolean {
    const queue = this.#queues.get(ticket.batching.key);
    if (!queue?.delete(ticket)) return false;
    if (queue.size === 0) this.#queues.delete(ticket.batching.key);
    this.#size -= 1;
    this.#bytes -= ticket.bytes;
    return true;
  }

  /** Whether a ticket of this model waits. */
  holds(ref: string): boolean {
    return [...this.#queues.values()].some((queue) => first(queue).spec.ref === ref);
  }

  /** Takes the next batch out, or undefined when none may leave yet. */
  next({ now, idle, pixelsFree, nothingInFlight }: NextBatch): Ticket[] | undefined {
    let chosen: Set<Ticket> | undefined;
    let oldest = Number.POSITIVE_INFINITY;
    for (const queue of this.#queues.values()) {
      const head = first(queue);
      const { maxSize, delayMs } = head.batching;
      const mayLeave = idle || queue.size >= maxSize || now >= head.acceptedAt + delayMs;
      if (mayLeave && head.acceptedAt < oldest) [chosen, oldest] = [queue, head.acceptedAt];
    }
    if (!chosen) return undefined;
    const batch = fitting(chosen, pixelsFree, nothingInFlight);
    for (const ticket of batch) this.remove(ticket);
    return batch.length > 0 ? batch : undefined;
  }

  /** When the next batch's delay is over; undefined when nothing waits. */
  nextDueAt(): number | undefined {
    let due: number | undefined;
    for (const queue of this.#queues.values()) {
      const head = first(queue);
      due = Math.min(due ?? Number.POSITIVE_INFINITY, head.acceptedAt + head.batching.delayMs);
    }
    return due;
  }

  /** Takes everything out, oldest first. */
  drain(): Ticket[] {
    const all = [...this.#queues.values()].flatMap((queue) => [...queue]);
    this.#queues.clear();
    this.#size = 0;
    this.#bytes = 0;
    return all.toSorted((a, b) => a.acceptedAt - b.acceptedAt);
  }
}

function first(queue: Set<Ticket>): Ticket {
  const [head] = queue;
  return head!; // A queue is removed with its last ticket.
}

function fitting(queue: Set<Ticket>, pixelsFree: number, nothingInFlight: boolean): Ticket[] {
  const batch: Ticket[] = [];
  let pixels = 0;
  for (const ticket of queue) {
    if (batch.length >= ticket.batching.maxSize) break;
    const free = batch.length === 0 && nothingInFlight;
    if (!free && pixels + ticket.pixels > pixelsFree) break;
    batch.push(ticket);
    pixels += ticket.pixels;
  }
  return batch;
}
