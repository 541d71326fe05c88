import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { publish } from '../domain/events.ts';
import { Fault } from '../domain/fault.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { FromWorker, ToWorker, WorkbenchOptions } from './messages.ts';
import type { LoadReport, Runner, RunnerEvents } from './runner.ts';
import type { Ticket } from './ticket.ts';

const entry = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url));

/** Worker processes that have not ended yet. */
const living = new Set<ChildProcess>();

/** A worker sees by itself that its gateway is gone, but not before the run that blocks it has ended, if it ever does. */
process.on('exit', () => {
  for (const worker of living) worker.kill('SIGKILL');
});

/** A worker process, seen from the gateway. It starts loading at once. */
export class WorkerRunner implements Runner {
  readonly #process: ChildProcess;
  readonly #events: RunnerEvents;
  readonly #tickets = new Map<number, Ticket>();
  readonly #batches = new Map<number, number>();
  readonly #ended: Promise<void>;
  /** Loads and unloads that the worker has not answered yet. */
  readonly #calls = new Map<number, (report: LoadReport | undefined) => void>();
  #batchId = 0;
  #callId = 0;
  #retiring = false;
  #rssBytes = 0;

  constructor(options: WorkbenchOptions, events: RunnerEvents) {
    this.#events = events;
    this.#process = fork(entry, [], {
      serialization: 'advanced',
      // Two malloc arenas: pixels come and go in large pieces, and arenas of many threads keep what they once had.
      env: { ...process.env, MALLOC_ARENA_MAX: process.env.MALLOC_ARENA_MAX ?? '2' },
      stdio: ['ignore', 2, 2, 'ipc'],
    });
    living.add(this.#process);
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = promise;
    this.#process.on('message', (message) => this.#receive(message as FromWorker));
    this.#process.on('error', (error) => {
      publish('segserve:defect', { where: 'worker process', error });
      if (this.#process.pid !== undefined) return;
      resolve(); // It never started, so it will not exit either.
      this.#onExit(`not started: ${error.message}`);
    });
    this.#process.on('exit', (code, signal) => {
      living.delete(this.#process);
      resolve();
      this.#onExit(signal ?? `exit code ${code}`);
    });
    publish('segserve:worker', { pid: this.pid, event: 'started', detail: `${options.threads} threads` });
    this.#tell({ type: 'open', options });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get batchesInFlight(): number {
    return this.#batches.size;
  }

  get ticketsInFlight(): number {
    return this.#tickets.size;
  }

  get rssBytes(): number {
    return this.#rssBytes;
  }

  send(batch: readonly Ticket[]): void {
    this.#batchId += 1;
    this.#batches.set(this.#batchId, batch.length);
    for (const ticket of batch) this.#tickets.set(ticket.id, ticket);
    const orders = batch.map(({ id, work }) => ({ id, work }));
    this.#tell({ type: 'batch', batchId: this.#batchId, model: batch[0]!.spec.ref, orders });
  }

  cancel(ticket: Ticket): void {
    if (this.#tickets.has(ticket.id)) this.#tell({ type: 'cancel', id: ticket.id });
  }

  load(spec: ModelSpec): Promise<LoadReport | undefined> {
    return this.#call((callId) => ({ type: 'load', callId, spec }));
  }

  async unload(model: string): Promise<void> {
    await this.#call((callId) => ({ type: 'unload', callId, model }));
  }

  retire(): Promise<void> {
    this.#retiring = true;
    this.#tell({ type: 'retire' });
    return this.#ended;
  }

  kill(): void {
    this.#retiring = true;
    this.#process.kill('SIGKILL');
  }

  #receive(message: FromWorker): void {
    switch (message.type) {
      case 'ready':
        this.#rssBytes = message.rssBytes;
        this.#events.ready(this, message.reports);
        return;
      case 'opened':
        this.#rssBytes = message.rssBytes;
        this.#events.opened(this, message.report);
        return;
      case 'changed':
        this.#rssBytes = message.rssBytes;
        this.#calls.get(message.callId)?.(message.report);
        this.#calls.delete(message.callId);
        return;
      case 'done':
      case 'failed':
        this.#finish(message);
        return;
      case 'batchDone':
        this.#rssBytes = message.rssBytes;
        this.#batches.delete(message.batchId);
        this.#events.freed(this);
    }
  }

  #finish(message: Extract<FromWorker, { type: 'done' | 'failed' }>): void {
    const ticket = this.#tickets.get(message.id);
    if (!ticket) return;
    this.#tickets.delete(message.id);
    const outcome = message.type === 'done' ? { result: message.result } : { fault: Fault.fromWire(message.fault) };
    this.#events.finished(this, ticket, outcome);
  }

  #onExit(how: string): void {
    const held = [...this.#tickets.values()];
    this.#tickets.clear();
    this.#batches.clear();
    for (const resolve of this.#calls.values()) resolve(undefined);
    this.#calls.clear();
    if (this.#retiring && held.length === 0) return;
    this.#events.died(this, how, held);
  }

  /** Resolves with undefined when the worker ends, or has ended, before it answers. */
  #call(messageOf: (callId: number) => ToWorker): Promise<LoadReport | undefined> {
    if (!this.#process.connected) return Promise.resolve(undefined);
    this.#callId += 1;
    const { promise, resolve } = Promise.withResolvers<LoadReport | undefined>();
    this.#calls.set(this.#callId, resolve);
    this.#tell(messageOf(this.#callId));
    return promise;
  }

  #tell(message: ToWorker): void {
    // A dead worker's exit event hands its tickets back; what is sent to it meanwhile must not throw.
    if (this.#process.connected) this.#process.send(message, () => {});
  }
}
