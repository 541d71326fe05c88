import { randomBytes } from 'node:crypto';

export type JobState = 'pending' | 'running' | 'done' | 'failed' | 'timeout';

/** How a job's work ended. */
export interface JobEnd<Result> {
  readonly state: 'done' | 'failed' | 'timeout';
  /** Of a job that is done. */
  readonly result?: Result;
  /** Of one that is not. */
  readonly error?: string;
}

/** What has been promised to a caller who has left; it never rejects. */
export type JobWork<Result> = (signal: AbortSignal) => Promise<JobEnd<Result>>;

export interface Job<Result> {
  readonly id: string;
  readonly state: JobState;
  readonly elapsedMs: number;
  readonly result: Result | undefined;
  readonly error: string | undefined;
}

export interface JobBookOptions {
  readonly queueMax: number;
  readonly ttlMs: number;
  readonly completedMax: number;
  /** How many run at once. */
  readonly atOnce: () => number;
  readonly onEnd: (elapsedMs: number) => void;
}

interface Entry<Result> {
  readonly id: string;
  readonly submittedAt: number;
  readonly work: JobWork<Result>;
  state: JobState;
  end: JobEnd<Result> | undefined;
  endedAt: number | undefined;
  expiry: NodeJS.Timeout | undefined;
  changed: PromiseWithResolvers<void>;
}

/** Jobs of one process, in memory: what is submitted runs in order; what has ended is kept for a while. */
export class JobBook<Result> {
  readonly #options: JobBookOptions;
  readonly #jobs = new Map<string, Entry<Result>>();
  readonly #pending: Entry<Result>[] = [];
  /** Oldest first. */
  readonly #ended: Entry<Result>[] = [];
  readonly #closing = new AbortController();
  #running = 0;

  constructor(options: JobBookOptions) {
    this.#options = options;
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** Undefined when the queue is full. */
  submit(work: JobWork<Result>): Job<Result> | undefined {
    const starts = this.#running < Math.max(1, this.#options.atOnce());
    if (!starts && this.#pending.length >= this.#options.queueMax) return undefined;
    const entry: Entry<Result> = {
      id: randomBytes(8).toString('hex'),
      submittedAt: performance.now(),
      work,
      state: 'pending',
      end: undefined,
      endedAt: undefined,
      expiry: undefined,
      changed: Promise.withResolvers(),
    };
    this.#jobs.set(entry.id, entry);
    this.#pending.push(entry);
    // As it was accepted: it starts in a moment.
    const accepted = view(entry);
    queueMicrotask(() => this.#startMore());
    return accepted;
  }

  find(id: string): Job<Result> | undefined {
    const entry = this.#jobs.get(id);
    return entry && view(entry);
  }

  /** The job after its state has changed, or as it stands when `waitMs` is over or nobody waits any more. */
  async afterChange(id: string, waitMs: number, signal: AbortSignal): Promise<Job<Result> | undefined> {
    const entry = this.#jobs.get(id);
    if (entry === undefined) return undefined;
    if (entry.end === undefined && !signal.aborted) {
      const over = Promise.withResolvers<void>();
      const timer = setTimeout(over.resolve, waitMs);
      const stop = () => over.resolve();
      signal.addEventListener('abort', stop, { once: true });
      await Promise.race([entry.changed.promise, over.promise]);
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
    }
    return view(entry);
  }

  /** Ends what runs and drops what waits. */
  close(): void {
    this.#closing.abort();
    for (const entry of this.#pending.splice(0))
      this.#finish(entry, { state: 'failed', error: 'the server has stopped' });
    for (const entry of this.#jobs.values()) clearTimeout(entry.expiry);
  }

  #startMore(): void {
    while (this.#running < Math.max(1, this.#options.atOnce())) {
      const entry = this.#pending.shift();
      if (entry === undefined) return;
      this.#running++;
      this.#become(entry, 'running');
      void entry.work(this.#closing.signal).then((end) => {
        this.#running--;
        this.#finish(entry, end);
        this.#startMore();
      });
    }
  }

  #finish(entry: Entry<Result>, end: JobEnd<Result>): void {
    entry.end = end;
    entry.endedAt = performance.now();
    this.#become(entry, end.state);
    this.#options.onEnd(entry.endedAt - entry.submittedAt);
    this.#ended.push(entry);
    entry.expiry = setTimeout(() => this.#forget(entry), this.#options.ttlMs).unref();
    if (this.#ended.length > this.#options.completedMax) this.#forget(this.#ended[0]!);
  }

  #become(entry: Entry<Result>, state: JobState): void {
    entry.state = state;
    entry.changed.resolve();
    entry.changed = Promise.withResolvers();
  }

  #forget(entry: Entry<Result>): void {
    clearTimeout(entry.expiry);
    this.#jobs.delete(entry.id);
    const at = this.#ended.indexOf(entry);
    if (at >= 0) this.#ended.splice(at, 1);
  }
}

function view<Result>({ id, state, submittedAt, endedAt, end }: Entry<Result>): Job<Result> {
  const elapsedMs = Math.round((endedAt ?? performance.now()) - submittedAt);
  return { id, state, elapsedMs, result: end?.result, error: end?.error };
}
