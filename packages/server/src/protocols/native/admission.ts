import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';

/** For so long the engine's word that it is full is taken without asking it again. */
const refusalHoldsMs = 100;

/**
 * Refuses a request before its body is read when the house is full anyway: a refusal then costs neither the upload nor
 * the memory of it. The engine decides again, with the ticket in hand.
 */
export class Admission {
  readonly #engine: Engine;
  #refusal: Fault | undefined;
  #refusedAt = Number.NEGATIVE_INFINITY;
  #queuedThen = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Throws Fault `overloaded` with the engine's own last estimate of when a place will be free. */
  check(): void {
    const { ticketsQueued, ticketsRunning, ticketsMax } = this.#engine.status();
    // Without a worker nothing is bounded yet; the engine says what is the matter.
    const noPlace = ticketsMax > 0 && ticketsQueued + ticketsRunning >= ticketsMax;
    const justRefused = performance.now() - this.#refusedAt < refusalHoldsMs && ticketsQueued >= this.#queuedThen;
    if (!noPlace && !justRefused) return;
    const message = this.#refusal?.message ?? `All ${ticketsMax} places are taken.`;
    throw new Fault('overloaded', message, { retryAfterMs: this.#refusal?.retryAfterMs ?? 1000 });
  }

  /** Hears what the engine answered. */
  learn(fault: Fault): void {
    if (fault.code !== 'overloaded') return;
    this.#refusal = fault;
    this.#refusedAt = performance.now();
    this.#queuedThen = Math.max(1, this.#engine.status().ticketsQueued);
  }
}
