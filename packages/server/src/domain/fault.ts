import type { FaultCode } from '@segserve/contract';

export interface FaultFacts {
  /** What would have been right, as a noun phrase: "an image of at most 50 megapixels". */
  readonly expected?: string;
  /** What came instead: "120 megapixels (12000×10000)". */
  readonly received?: string;
  /** How long to wait before a retry has a chance, in milliseconds. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/**
 * The one error type that crosses folders. `message` is one sentence that a stranger can act on; it never holds a
 * path of the server or a stack. Wires translate `code`, they never look at `message`.
 */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly expected: string | undefined;
  readonly received: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: FaultCode, message: string, facts: FaultFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'Fault';
    this.code = code;
    this.expected = facts.expected;
    this.received = facts.received;
    this.retryAfterMs = facts.retryAfterMs;
  }

  /** The usual form: "Expected X but received Y." */
  static expected(code: FaultCode, expected: string, received: string, facts: FaultFacts = {}): Fault {
    return new Fault(code, `Expected ${expected} but received ${received}.`, { ...facts, expected, received });
  }

  /** Any thrown value as a Fault; what is not one already is a defect of ours. */
  static from(error: unknown): Fault {
    if (error instanceof Fault) return error;
    const message = error instanceof Error ? error.message : String(error);
    return new Fault('internal', `Internal error: ${message}`, { cause: error });
  }

  /** A plain object that crosses a process border; the cause stays behind. */
  toWire(): WireFault {
    return {
      code: this.code,
      message: this.message,
      ...(this.expected === undefined ? {} : { expected: this.expected }),
      ...(this.received === undefined ? {} : { received: this.received }),
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
    };
  }

  static fromWire(wire: WireFault): Fault {
    return new Fault(wire.code, wire.message, wire);
  }
}

export interface WireFault {
  readonly code: FaultCode;
  readonly message: string;
  readonly expected?: string;
  readonly received?: string;
  readonly retryAfterMs?: number;
}
