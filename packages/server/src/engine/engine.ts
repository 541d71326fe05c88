import type { ModelDetail } from '@segserve/contract';
import type { Engine, EngineStatus } from '../domain/engineDoor.ts';
import { publish } from '../domain/events.ts';
import { Fault } from '../domain/fault.ts';
import { type Limits, ticketsMax } from '../domain/limits.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { SegmentRequest, SegmentResult } from '../domain/request.ts';
import { resolveModel } from '../models/repository.ts';
import { readHeader } from '../pipeline/header.ts';
import type { WorkerPlan } from './cores.ts';
import { Crew, type CrewOptions } from './crew.ts';
import { describeModel, type ModelStanding } from './describeModel.ts';
import { Dispatcher } from './dispatcher.ts';
import { batchKeyOf, planAnswers, planMask } from './plan.ts';
import { PoisonList } from './poisonList.ts';
import type { LoadReport } from './runner.ts';
import { cancelled, issueTicket } from './ticket.ts';

export interface EngineOptions extends Pick<CrewOptions, 'start' | 'rssBytesMax'> {
  readonly models: readonly ModelSpec[];
  readonly limits: Limits;
  readonly plan: WorkerPlan;
}

export interface OpenedEngine {
  readonly engine: Engine;
  /** Resolves when the first runner has tried every model; rejects when the engine is closed before. */
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
  readonly #poison = new PoisonList();
  readonly #dispatcher: Dispatcher;
  readonly #crew: Crew;
  readonly #standings: Map<string, ModelStanding>;
  readonly #becomeReady: () => void;
  #isReady = false;
  #closing: Promise<void> | undefined;
  #whenEmpty: (() => void) | undefined;

  constructor(options: EngineOptions) {
    this.#options = options;
    this.#standings = new Map(options.models.map((spec) => [spec.ref, { spec, report: undefined }]));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ready = promise;
    this.#becomeReady = resolve;
    this.#dispatcher = new Dispatcher(options.limits, this.#poison);
    for (const { ref } of options.models) publish('segserve:model', { model: ref, event: 'loading', detail: '' });
    this.#crew = new Crew(
      { size: options.plan.workers, start: options.start, rssBytesMax: options.rssBytesMax },
      {
        changed: () => this.#dispatcher.pump(),
        loaded: (reports) => this.#onLoaded(reports),
        finished: (runner, ticket, outcome) => {
          this.#dispatcher.finished(runner, ticket, outcome);
          this.#noteEmpty();
        },
        died: (runner, held) => {
          this.#dispatcher.died(runner, held);
          this.#noteEmpty();
        },
      },
    );
    this.#dispatcher.attach(this.#crew);
  }

  async segment(request: SegmentRequest): Promise<SegmentResult> {
    const acceptedAt = performance.now();
    let ref = request.model;
    try {
      const spec = resolveModel(this.#options.models, request.model);
      ref = spec.ref;
      const result = await this.#accept(spec, request, acceptedAt);
      this.#announce(ref, request, acceptedAt, 'ok', result);
      return result;
    } catch (error) {
      const fault = Fault.from(error);
      if (fault.code === 'internal') publish('segserve:defect', { where: 'engine', error });
      this.#announce(ref, request, acceptedAt, fault.code, undefined);
      throw fault;
    }
  }

  models(): readonly ModelDetail[] {
    return [...this.#standings.values()].map(describeModel);
  }

  model(ref: string): ModelDetail {
    return describeModel(this.#standings.get(resolveModel(this.#options.models, ref).ref)!);
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
    const { limits, plan, models } = this.#options;
    const batchSize = Math.max(1, ...models.map(({ manifest }) => manifest.batching.maxSize));
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

  async #accept(spec: ModelSpec, request: SegmentRequest, acceptedAt: number): Promise<SegmentResult> {
    const { limits } = this.#options;
    const { image, signal } = request;
    const checkDoor = () => {
      if (this.#closing) throw shuttingDown('The server is shutting down and takes no new requests.');
      if (signal?.aborted) throw cancelled();
      this.#dispatcher.checkRoom(image.byteLength);
    };
    checkDoor();
    const { error, state } = describeModel(this.#standings.get(spec.ref)!);
    if (state === 'failed') throw new Fault('model_not_ready', `${spec.ref} failed to load: ${error}`);
    const expected = `a picture of at most ${limits.imageBytesMax} bytes`;
    if (image.byteLength > limits.imageBytesMax)
      throw Fault.expected('body_too_large', expected, `${image.byteLength}`);
    const answers = planAnswers(spec, request.answers);
    const header = await readHeader(image, limits);
    this.#poison.check(spec.ref, image);
    checkDoor(); // The header may have taken a moment, and others came in meanwhile.
    const { ticket, answer } = issueTicket(
      {
        spec,
        image,
        header,
        answers,
        threshold: request.threshold ?? spec.manifest.output.threshold,
        mask: planMask(spec, request),
        batchKey: batchKeyOf(spec, header),
        acceptedAt,
        deadlineMs: Math.min(request.deadlineMs ?? limits.deadlineMsDefault, limits.deadlineMsMax),
        signal,
      },
      (ticket) => {
        this.#dispatcher.leave(ticket);
        this.#noteEmpty();
      },
    );
    this.#dispatcher.add(ticket);
    return answer;
  }

  #onLoaded(reports: readonly LoadReport[]): void {
    for (const report of reports) {
      const standing = this.#standings.get(report.ref);
      if (standing) standing.report = report;
      const event = report.error === undefined ? 'ready' : 'failed';
      publish('segserve:model', { model: report.ref, event, detail: report.error ?? report.note });
    }
    this.#isReady = true;
    this.#becomeReady();
  }

  #afterDeath(): string {
    return this.#crew.lastDeath ? `; the last worker ended with ${this.#crew.lastDeath}` : '';
  }

  async #close(graceMs: number): Promise<void> {
    const startedAt = performance.now();
    await this.#empty(graceMs);
    this.#dispatcher.refuseWaiting(shuttingDown('The server shut down before this request ran.'));
    await this.#crew.close(Math.max(100, graceMs - (performance.now() - startedAt)));
  }

  /** Resolves when no ticket is left, or after `graceMs`. */
  async #empty(graceMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#whenEmpty = resolve;
    const late = setTimeout(resolve, graceMs);
    this.#noteEmpty();
    await promise;
    clearTimeout(late);
  }

  #noteEmpty(): void {
    if (this.#dispatcher.queued + this.#dispatcher.running === 0) this.#whenEmpty?.();
  }

  #announce(
    model: string,
    request: SegmentRequest,
    acceptedAt: number,
    outcome: 'ok' | Fault['code'],
    result: SegmentResult | undefined,
  ): void {
    publish('segserve:request', {
      requestId: request.requestId,
      model,
      outcome,
      totalMs: performance.now() - acceptedAt,
      timings: result?.timings,
      batchSize: result?.batchSize,
      imageBytes: request.image.byteLength,
    });
  }
}

function shuttingDown(message: string): Fault {
  return new Fault('shutting_down', message, { retryAfterMs: 1000 });
}
