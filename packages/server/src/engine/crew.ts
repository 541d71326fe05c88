import { publish } from '../domain/events.ts';
import type { LoadReport, Runner, RunnerEvents } from './runner.ts';
import type { Ticket } from './ticket.ts';
import type { WorkOutcome } from './ticketWork.ts';

export interface CrewOptions {
  readonly size: number;
  readonly start: (events: RunnerEvents) => Runner;
  /** A runner whose resident memory grows past this is replaced; undefined: never. */
  readonly rssBytesMax: number | undefined;
}

export interface CrewListener {
  /** A runner came, went, or has room: look whether something can be sent. */
  changed(): void;
  /** Models that a runner has tried to open. */
  loaded(reports: readonly LoadReport[]): void;
  finished(runner: Runner, ticket: Ticket, outcome: WorkOutcome): void;
  died(runner: Runner, held: readonly Ticket[]): void;
}

const restartDelayMsMin = 100;
const restartDelayMsMax = 10_000;

type Standing = 'starting' | 'ready' | 'draining';

/**
 * Keeps `size` runners alive. One that dies is replaced: at once, but ever more slowly while runners keep dying without
 * finishing anything. One that grew too large is drained only when its replacement is ready, so that memory's sake
 * never leaves fewer than `size` at work.
 */
export class Crew {
  readonly #options: CrewOptions;
  readonly #listener: CrewListener;
  readonly #runners = new Map<Runner, Standing>();
  readonly #retiring = new Set<Promise<void>>();
  readonly #restartTimers = new Set<NodeJS.Timeout>();
  #outgrown: Runner | undefined;
  #fruitlessDeaths = 0;
  #restarts = 0;
  #lastDeath: string | undefined;
  #closed = false;

  constructor(options: CrewOptions, listener: CrewListener) {
    this.#options = options;
    this.#listener = listener;
    for (let index = 0; index < options.size; index++) this.#start();
  }

  /** Runners that take batches, least busy first. */
  atWork(): Runner[] {
    const ready = [...this.#runners].filter(([, standing]) => standing === 'ready').map(([runner]) => runner);
    return ready.toSorted((a, b) => a.batchesInFlight - b.batchesInFlight || a.ticketsInFlight - b.ticketsInFlight);
  }

  all(): readonly (readonly [Runner, Standing])[] {
    return [...this.#runners];
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** How the last runner died that was not told to end; undefined when none did. */
  get lastDeath(): string | undefined {
    return this.#lastDeath;
  }

  /** Runners that answer or will: the draining ones take nothing any more. */
  staying(): Runner[] {
    return [...this.#runners].filter(([, standing]) => standing !== 'draining').map(([runner]) => runner);
  }

  /** Lets every runner finish what it holds, then ends it; after `graceMs` it ends them all the same. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true;
    for (const timer of this.#restartTimers) clearTimeout(timer);
    for (const [runner, standing] of this.#runners) {
      if (standing === 'starting') runner.kill();
      if (standing === 'ready') this.#drain(runner);
    }
    const late = setTimeout(() => {
      for (const runner of this.#runners.keys()) runner.kill();
    }, graceMs);
    await Promise.all(this.#retiring);
    clearTimeout(late);
  }

  #start(): void {
    const events: RunnerEvents = {
      ready: (runner, reports) => this.#onReady(runner, reports),
      opened: (_, report) => this.#onOpened(report),
      finished: (runner, ticket, outcome) => {
        this.#fruitlessDeaths = 0;
        this.#listener.finished(runner, ticket, outcome);
      },
      freed: (runner) => this.#onFreed(runner),
      died: (runner, why, held) => this.#onDied(runner, why, held),
    };
    this.#runners.set(this.#options.start(events), 'starting');
  }

  #onReady(runner: Runner, reports: readonly LoadReport[]): void {
    if (this.#closed) return;
    this.#runners.set(runner, 'ready');
    publish('segserve:worker', { pid: runner.pid, event: 'ready', detail: `models opened: ${reports.length}` });
    if (this.#outgrown) {
      const outgrown = this.#outgrown;
      this.#outgrown = undefined;
      if (this.#runners.get(outgrown) === 'ready') this.#drain(outgrown);
    }
    this.#listener.loaded(reports);
    this.#listener.changed();
  }

  #onOpened(report: LoadReport): void {
    if (!this.#closed) this.#listener.loaded([report]);
  }

  #onFreed(runner: Runner): void {
    const { rssBytesMax } = this.#options;
    const tooLarge = rssBytesMax !== undefined && runner.rssBytes > rssBytesMax;
    if (tooLarge && !this.#outgrown && !this.#closed && this.#runners.get(runner) === 'ready') {
      this.#outgrown = runner;
      const detail = `${runner.rssBytes} bytes resident, at most ${rssBytesMax}`;
      publish('segserve:worker', { pid: runner.pid, event: 'replaced', detail });
      this.#start();
    }
    this.#listener.changed();
  }

  #onDied(runner: Runner, why: string, held: readonly Ticket[]): void {
    const standing = this.#runners.get(runner);
    this.#runners.delete(runner);
    if (this.#outgrown === runner)
      this.#outgrown = undefined; // Its replacement is on the way already.
    else if (standing !== 'draining' && !this.#closed) this.#restart();
    this.#lastDeath = why;
    publish('segserve:worker', { pid: runner.pid, event: 'died', detail: `${why}, with ${held.length} tickets` });
    this.#listener.died(runner, held);
    this.#listener.changed();
  }

  #restart(): void {
    this.#restarts += 1;
    const delayMs = Math.min(restartDelayMsMax, restartDelayMsMin * 2 ** (this.#fruitlessDeaths - 1));
    this.#fruitlessDeaths += 1;
    if (this.#fruitlessDeaths === 1) {
      this.#start();
      return;
    }
    const timer = setTimeout(() => {
      this.#restartTimers.delete(timer);
      this.#start();
    }, delayMs);
    this.#restartTimers.add(timer);
  }

  #drain(runner: Runner): void {
    this.#runners.set(runner, 'draining');
    const retiring = runner.retire().then(() => {
      this.#runners.delete(runner);
      this.#retiring.delete(retiring);
      publish('segserve:worker', { pid: runner.pid, event: 'drained', detail: '' });
    });
    this.#retiring.add(retiring);
  }
}
