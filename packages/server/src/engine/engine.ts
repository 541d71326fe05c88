import type { ModelDetail, Timings } from '@segserve/contract';
import { isChain, noTensors } from '../domain/chainSpec.ts';
import type { Engine, EngineStatus } from '../domain/engineDoor.ts';
import { publish } from '../domain/events.ts';
import { Fault } from '../domain/fault.ts';
import { type Limits, ticketsMax } from '../domain/limits.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { SegmentRequest, SegmentResult } from '../domain/request.ts';
import type { ModelSignature, TensorRequest, TensorResult } from '../domain/tensor.ts';
import { resolveModel } from '../models/repository.ts';
import { resolveChains } from '../models/resolveChains.ts';
import { checkTensors } from './checkTensors.ts';
import { checkUnneeded } from './checkUnneeded.ts';
import type { WorkerPlan } from './cores.ts';
import { Crew } from './crew.ts';
import { describeModel } from './describeModel.ts';
import { Dispatcher } from './dispatcher.ts';
import type { ToOpen } from './messages.ts';
import { ModelShelf } from './modelShelf.ts';
import { bytesOfRequest } from './planExtras.ts';
import { planPicture } from './planPicture.ts';
import { PoisonList } from './poisonList.ts';
import type { LoadReport, Runner, RunnerEvents } from './runner.ts';
import { cancelled, issueTicket, type TicketBatching } from './ticket.ts';
import { bytesOf, type ResultOf, type TicketWork } from './ticketWork.ts';

export interface EngineOptions {
  /** Starts a runner that opens these models. */
  readonly start: (open: ToOpen, events: RunnerEvents) => Runner;
  /** A runner whose resident memory grows past this is replaced; undefined: never. */
  readonly rssBytesMax: number | undefined;
  readonly models: readonly ModelSpec[];
  /** Models that a runner opens when it is ready already; none when absent. Requests for one of them wait meanwhile. */
  readonly opensLater?: (spec: ModelSpec) => boolean;
  readonly limits: Limits;
  readonly plan: WorkerPlan;
}

export interface OpenedEngine {
  readonly engine: Engine;
  /** Resolves when the first runner has tried every model that is not opened later; rejects when the engine is closed before. */
  readonly ready: Promise<void>;
}

/** The engine over whatever runners `start` makes: worker processes, or this very process. */
export function openEngine(options: EngineOptions): OpenedEngine {
  const house = new House(options);
  return { engine: house, ready: house.ready };
}

class House implements Engine {
  readonly ready: Promise<void>;
  readonly #options: EngineOptions;
  readonly #models: readonly ModelSpec[];
  readonly #poison = new PoisonList();
  readonly #dispatcher: Dispatcher;
  readonly #crew: Crew;
  readonly #shelf: ModelShelf;
  readonly #becomeReady: () => void;
  #isReady = false;
  #closing: Promise<void> | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(options: EngineOptions) {
    this.#models = resolveChains(options.models);
    this.#options = options;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#becomeReady = resolve;
    this.#dispatcher = new Dispatcher(options.limits, this.#poison);
    this.#shelf = new ModelShelf(this.#models, {
      runners: () => this.#crew.staying(),
      holds: (ref) => this.#dispatcher.holds(ref),
      opensLater: options.opensLater ?? (() => false),
    });
    this.#crew = new Crew(
      {
        size: options.plan.workers,
        start: (events) => options.start(this.#shelf.wanted(), events),
        rssBytesMax: options.rssBytesMax,
      },
      {
        changed: () => this.#dispatcher.pump(),
        loaded: (reports) => this.#onLoaded(reports),
        finished: (runner, ticket, outcome) => {
          this.#dispatcher.finished(runner, ticket, outcome);
          this.#noteLess();
        },
        died: (runner, held) => {
          this.#dispatcher.died(runner, held);
          this.#noteLess();
        },
      },
    );
    this.#dispatcher.attach(this.#crew);
  }

  segment(request: SegmentRequest): Promise<SegmentResult> {
    const acceptedAt = performance.now();
    return this.#announced(request, acceptedAt, bytesOfRequest(request), async (spec) => {
      const { kind: _, ...result } = await this.#acceptPicture(spec, request, acceptedAt);
      return { model: spec.ref, ...result };
    });
  }

  infer(request: TensorRequest): Promise<TensorResult> {
    const acceptedAt = performance.now();
    return this.#announced(request, acceptedAt, 0, async (spec) => {
      const { kind: _, ...result } = await this.#acceptTensors(spec, request, acceptedAt);
      return { model: spec.ref, ...result };
    });
  }

  signature(ref: string): ModelSignature {
    return this.#shelf.signature(this.#specOf(ref));
  }

  async load(ref: string): Promise<void> {
    if (this.#closing) throw shuttingDown('The server is shutting down and loads nothing.');
    await this.#shelf.load(this.#specOf(ref));
  }

  async unload(ref: string): Promise<void> {
    if (this.#closing) throw shuttingDown('The server is shutting down.');
    const spec = this.#specOf(ref);
    checkUnneeded(spec.ref, this.#shelf.all());
    await this.#shelf.unload(spec);
  }

  models(): readonly ModelDetail[] {
    return this.#shelf.all().map(describeModel);
  }

  model(ref: string): ModelDetail {
    return describeModel(this.#shelf.standing(this.#specOf(ref)));
  }

  notReady(): string | undefined {
    if (this.#closing) return 'The server is shutting down.';
    if (!this.#isReady) return `The models are loading${this.#afterDeath()}.`;
    if (this.#crew.atWork().length === 0) return `No worker is ready${this.#afterDeath()}.`;
    const failed = this.models().filter((model) => model.state === 'failed');
    if (failed.length === 0) return undefined;
    return failed.map(({ name, version, error }) => `${name}:${version} failed to load: ${error}`).join(' ');
  }

  status(): EngineStatus {
    const { limits, plan } = this.#options;
    const models = this.#models;
    const sizes = models.map(({ manifest }) => ('batching' in manifest ? manifest.batching.maxSize : 1));
    const batchSize = Math.max(1, ...sizes);
    return {
      workers: this.#crew.all().map(([runner, state]) => ({
        pid: runner.pid,
        state,
        rssBytes: runner.rssBytes,
        batchesInFlight: runner.batchesInFlight,
      })),
      ticketsQueued: this.#dispatcher.queued,
      ticketsRunning: this.#dispatcher.running,
      ticketsMax: ticketsMax(limits, plan.workers, batchSize),
      pixelsInFlight: this.#dispatcher.pixelsInFlight,
      workerRestarts: this.#crew.restarts,
      plan,
    };
  }

  close({ graceMs = 10_000 }: { graceMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  #specOf(ref: string): ModelSpec {
    return resolveModel(this.#models, ref);
  }

  async #acceptPicture(spec: ModelSpec, request: SegmentRequest, acceptedAt: number) {
    this.#checkDoor(spec, request, bytesOfRequest(request));
    const { work, batching } = await planPicture(spec, request, this.#options.limits);
    return this.#accept(spec, work, batching, request, acceptedAt);
  }

  /** Tickets of tensors share the queues of all others, but each runs alone: see pipeline/tensorRun.ts. */
  async #acceptTensors(spec: ModelSpec, request: TensorRequest, acceptedAt: number) {
    const { limits } = this.#options;
    if (isChain(spec)) throw noTensors(spec.ref);
    this.#checkDoor(spec, request, 0);
    const work = checkTensors(spec.ref, this.#shelf.signature(spec), request, limits.tensorBytesMax);
    return this.#accept(spec, work, { key: `${spec.ref} tensors`, maxSize: 1, delayMs: 0 }, request, acceptedAt);
  }

  /** Throws what every request is refused with before it costs anything. */
  #checkDoor(spec: ModelSpec, { signal }: Caller, bytes: number): void {
    if (this.#closing) throw shuttingDown('The server is shutting down and takes no new requests.');
    if (signal?.aborted) throw cancelled();
    this.#shelf.check(spec);
    this.#dispatcher.checkRoom(bytes);
  }

  #accept<Work extends TicketWork>(
    spec: ModelSpec,
    work: Work,
    batching: TicketBatching,
    caller: Caller,
    acceptedAt: number,
  ): Promise<ResultOf<Work>> {
    const { deadlineMs, signal } = caller;
    const { deadlineMsDefault, deadlineMsMax } = this.#options.limits;
    this.#poison.check(spec.ref, work);
    this.#checkDoor(spec, caller, bytesOf(work)); // Planning may have taken a moment, and others came in meanwhile.
    const { ticket, answer } = issueTicket(
      {
        spec,
        work,
        batching,
        acceptedAt,
        deadlineMs: Math.min(deadlineMs ?? deadlineMsDefault, deadlineMsMax),
        signal,
      },
      (ticket) => {
        this.#dispatcher.leave(ticket);
        this.#noteLess();
      },
    );
    this.#dispatcher.add(ticket);
    return answer;
  }

  #onLoaded(reports: readonly LoadReport[]): void {
    this.#shelf.note(reports);
    this.#isReady = true;
    this.#becomeReady();
  }

  #afterDeath(): string {
    return this.#crew.lastDeath ? `; the last worker ended with ${this.#crew.lastDeath}` : '';
  }

  async #close(graceMs: number): Promise<void> {
    const startedAt = performance.now();
    this.#shelf.close();
    await this.#empty(graceMs);
    this.#dispatcher.refuseWaiting(shuttingDown('The server shut down before this request ran.'));
    await this.#crew.close(Math.max(100, graceMs - (performance.now() - startedAt)));
  }

  /** Resolves when no ticket is left, or after `graceMs`. */
  async #empty(graceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenEmpty = resolve;
    const late = setTimeout(resolve, graceMs);
    this.#noteLess();
    await promise;
    clearTimeout(late);
  }

  /** A ticket has left the house. */
  #noteLess(): void {
    this.#shelf.look();
    if (this.#dispatcher.queued + this.#dispatcher.running === 0) this.#whenEmpty?.();
  }

  /** Runs one request and tells how it went. Rejects with a Fault and nothing else. */
  async #announced<Result extends { readonly timings: Timings; readonly batchSize?: number }>(
    request: Caller,
    acceptedAt: number,
    imageBytes: number,
    answer: (spec: ModelSpec) => Promise<Result>,
  ): Promise<Result> {
    let model = request.model;
    const announce = (outcome: 'ok' | Fault['code'], result: Result | undefined) =>
      publish('segserve:request', {
        requestId: request.requestId,
        model,
        outcome,
        totalMs: performance.now() - acceptedAt,
        timings: result?.timings,
        batchSize: result && (result.batchSize ?? 1),
        imageBytes,
      });
    try {
      const spec = this.#specOf(model);
      model = spec.ref;
      const result = await answer(spec);
      announce('ok', result);
      return result;
    } catch (error) {
      const fault = Fault.from(error);
      if (fault.code === 'internal') publish('segserve:defect', { where: 'engine', error });
      announce(fault.code, undefined);
      throw fault;
    }
  }
}

/** What requests of both doors say of their caller. */
type Caller = Pick<TensorRequest, 'model' | 'deadlineMs' | 'signal' | 'requestId'>;

function shuttingDown(message: string): Fault {
  return new Fault('shutting_down', message, { retryAfterMs: 1000 });
}
