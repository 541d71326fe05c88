import type { IncomingMessage, ServerResponse } from 'node:http';
import { Fault } from '../domain/fault.ts';
import type { BodyBudget } from './bodyBudget.ts';
import { byteText } from './byteText.ts';

interface Held {
  bytes: number;
  /** Set while a client that sent `Expect: 100-continue` waits to be told to go on. */
  waiting: ServerResponse | undefined;
}

/** Bytes that one message holds. */
export interface Holding {
  /** Throws Fault `overloaded` when all messages together are too many. */
  add(bytes: number): void;
  /** Gives all of them back. Idempotent. */
  release(): void;
}

/**
 * Reads request bodies, each and all of them within a bound. A body is refused at the byte that goes over, not after;
 * what it holds counts until its reply is done, so that the sum of all bodies in the process is known.
 */
export class Intake {
  readonly #bodyBytesMax: number;
  readonly #budget: BodyBudget;
  readonly #held = new WeakMap<IncomingMessage, Held>();

  constructor(bodyBytesMax: number, budget: BodyBudget) {
    this.#bodyBytesMax = bodyBytesMax;
    this.#budget = budget;
  }

  /** Counts bytes that come by another way than an HTTP body. */
  hold(): Holding {
    let held = 0;
    return {
      add: (bytes) => {
        if (this.#budget.bytes + bytes > this.#budget.bytesMax) throw this.#noRoom();
        this.#budget.bytes += bytes;
        held += bytes;
      },
      release: () => {
        this.#budget.bytes -= held;
        held = 0;
      },
    };
  }

  /** To be told of every request before anything else: what it holds is given back when its reply is done. */
  admit(request: IncomingMessage, response: ServerResponse): void {
    const expects = request.headers.expect?.toLowerCase() === '100-continue';
    const held: Held = { bytes: 0, waiting: expects ? response : undefined };
    this.#held.set(request, held);
    response.once('close', () => {
      this.#budget.bytes -= held.bytes;
      held.bytes = 0;
    });
  }

  /** Throws when Content-Length alone says that the body is too large. */
  checkLength(request: IncomingMessage): void {
    const length = Number(request.headers['content-length'] ?? 0);
    if (length > this.#bodyBytesMax) throw this.#tooLarge(byteText(length));
  }

  /** The whole body in one Buffer, copied once. Rejects with a Fault: body_too_large, overloaded or cancelled. */
  read(request: IncomingMessage): Promise<Buffer> {
    const length = request.headers['content-length'];
    const store = length === undefined ? new ChunkStore() : new FixedStore(Number(length));
    this.#letGoOn(request);
    return new Promise((resolve, reject) => {
      const onData = (chunk: Buffer) => {
        const fault = this.#take(request, chunk.length, store.length);
        if (fault) end(() => reject(fault));
        else store.add(chunk);
      };
      const onEnd = () => end(() => resolve(store.whole()));
      const onGone = () => end(() => reject(new Fault('cancelled', 'The caller left while the body was arriving.')));
      const end = (settle: () => void) => {
        request.off('data', onData).off('end', onEnd).off('close', onGone);
        settle();
      };
      // 'error' is left attached: a connection that breaks after we are done must not end the process.
      request.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone);
    });
  }

  #letGoOn(request: IncomingMessage): void {
    const held = this.#held.get(request);
    held?.waiting?.writeContinue();
    if (held) held.waiting = undefined;
  }

  #take(request: IncomingMessage, bytes: number, before: number): Fault | undefined {
    if (before + bytes > this.#bodyBytesMax) return this.#tooLarge('more than that');
    if (this.#budget.bytes + bytes > this.#budget.bytesMax) return this.#noRoom();
    const held = this.#held.get(request);
    if (held) held.bytes += bytes;
    if (held) this.#budget.bytes += bytes;
    return undefined;
  }

  #noRoom(): Fault {
    const message = `The bodies of all requests together fill their ${byteText(this.#budget.bytesMax)}. Try again.`;
    return new Fault('overloaded', message, { retryAfterMs: 1000 });
  }

  #tooLarge(received: string): Fault {
    return Fault.expected('body_too_large', `a body of at most ${byteText(this.#bodyBytesMax)}`, received);
  }
}

/**
 * Content-Length is known: the whole is allocated once, and each chunk copied into its place. Not before a quarter has
 * come, so that a promise of many bytes costs no memory.
 */
class FixedStore {
  readonly #promised: number;
  readonly #early = new ChunkStore();
  #buffer: Buffer | undefined;
  length = 0;

  constructor(promised: number) {
    this.#promised = promised;
  }

  add(chunk: Buffer): void {
    this.length += chunk.length;
    this.#buffer ??= this.length * 4 < this.#promised ? undefined : this.#allocate();
    if (this.#buffer === undefined) this.#early.add(chunk);
    else chunk.copy(this.#buffer, this.length - chunk.length);
  }

  #allocate(): Buffer {
    const buffer = Buffer.allocUnsafeSlow(this.#promised);
    this.#early.moveTo(buffer);
    return buffer;
  }

  whole(): Buffer {
    return this.#buffer?.subarray(0, this.length) ?? this.#early.whole();
  }
}

class ChunkStore {
  readonly #chunks: Buffer[] = [];
  length = 0;

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.length += chunk.length;
  }

  whole(): Buffer {
    return Buffer.concat(this.#chunks, this.length);
  }

  moveTo(target: Buffer): void {
    let at = 0;
    for (const chunk of this.#chunks.splice(0)) at += chunk.copy(target, at);
  }
}
