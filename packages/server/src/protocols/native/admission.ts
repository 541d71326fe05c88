import type { Engine } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';

/**
 * Refuses a request before its body is read when the house is full anyway: a refusal then costs neither the upload nor
 * the memory of it. The engine decides again, with the ticket in hand.
 */
export class Admission {
  readonly #engine: Engine;
  #retryAfterMs = 1000;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  check(): void {
    const { ticketsQueued, ticketsRunning, ticketsMax } = this.#engine.status();
    // Without a worker nothing is bounded yet; the engine says what is the matter.
    if (ticketsMax <= 0 || ticketsQueued + ticketsRunning < ticketsMax) return;
    const message = `All ${ticketsMax} places are taken. Try again after Retry-After.`;
    throw new Fault('overloaded', message, { retryAfterMs: this.#retryAfterMs });
  }

  /** Keeps the engine's own estimate for refusals that do not reach it. */
  learn(error: unknown): void {
    if (error instanceof Fault && error.code === 'overloaded' && error.retryAfterMs !== undefined) {
      this.#retryAfterMs = error.retryAfterMs;
    }
  }
}
