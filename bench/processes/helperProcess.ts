import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A process of this bench that does one thing when asked. It ends with the bench, by its own pid. */
export class HelperProcess {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #lastId = 0;

  constructor(entry: 'pipelineEntry' | 'loadEntry') {
    this.#process = fork(fileURLToPath(new URL(`./${entry}.ts`, import.meta.url)), [], {
      serialization: 'advanced',
      // As the server's workers have it: the same allocator on both sides of every comparison.
      env: { ...process.env, MALLOC_ARENA_MAX: '2' },
    });
    this.#process.on('message', (message) => this.#settle(message as Reply));
    this.#process.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${entry} ended with ${signal ?? code}`));
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  ask<Answer>(order: object): Promise<Answer> {
    this.#lastId += 1;
    const waiting = Promise.withResolvers<unknown>();
    this.#waiting.set(this.#lastId, waiting);
    this.#process.send({ id: this.#lastId, order });
    return waiting.promise as Promise<Answer>;
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }

  #settle({ id, answer, error }: Reply): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) waiting?.resolve(answer);
    else waiting?.reject(new Error(error));
  }
}

interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** The other side: answers orders one after the other, until the bench goes. */
export function answerOrders<Order>(answer: (order: Order) => Promise<unknown>): void {
  process.on('disconnect', () => process.exit(0));
  process.on('message', async (message) => {
    const { id, order } = message as { id: number; order: Order };
    const reply: Reply = await answer(order).then(
      (answer) => ({ id, answer }),
      (error: unknown) => ({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
    process.send?.(reply);
  });
}
