import { ManifestSchema, type Timings } from '@segserve/contract';
import { defaultLimits, type Limits } from '../domain/limits.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { ModelSignature } from '../domain/tensor.ts';
import { openEngine } from './engine.ts';
import type { LoadReport, Runner, RunnerEvents } from './runner.ts';
import type { Ticket } from './ticket.ts';
import type { TicketWork, WorkResult } from './ticketWork.ts';

/** A spec whose graph nobody reads. */
export function specNamed(name: string, batching: { maxSize?: number; delayMs?: number } = {}): ModelSpec {
  const manifest = ManifestSchema.parse({
    schema: 1,
    name,
    version: '1',
    task: 'matting',
    licence: 'CC0-1.0',
    graph: 'none.onnx',
    input: { size: { rule: 'fixed', width: 8, height: 8 } },
    output: { kind: 'logits' },
    batching,
  });
  return {
    ref: `${name}:1`,
    manifest,
    folder: '/nowhere',
    labels: ['background', 'foreground'],
    palette: new Uint8Array(6),
  };
}

/** The smallest bytes whose header says `width` × `height`: a PNG without pixels. */
export function pngHeader(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(33);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  bytes.set([8, 2, 0, 0, 0], 24);
  return bytes;
}

/** A runner that a test moves by hand: it keeps what it is sent until told to finish or to die. */
export class HandRunner implements Runner {
  static #pids = 1000;
  readonly pid = ++HandRunner.#pids;
  readonly batches: (readonly Ticket[])[] = [];
  readonly cancelled: number[] = [];
  readonly events: RunnerEvents;
  rssBytes = 0;
  retired = false;
  runs = 0;

  /** What it holds, or will when it is ready. */
  readonly loaded: Set<string>;
  /** Loads and unloads that wait for the test: `load face:1`. */
  readonly changes: { readonly what: string; readonly finish: (error?: string) => void }[] = [];

  constructor(events: RunnerEvents, refs: readonly string[]) {
    this.events = events;
    this.loaded = new Set(refs);
  }

  get batchesInFlight(): number {
    return this.batches.length;
  }

  get ticketsInFlight(): number {
    return this.batches.flat().length;
  }

  becomeReady(refs: readonly string[], error?: string): void {
    this.events.ready(
      this,
      refs.map((ref) => reportOf(ref, error)),
    );
  }

  /** Tells of one that is opened later. */
  open(ref: string, error?: string): void {
    this.events.opened(this, reportOf(ref, error));
  }

  send(batch: readonly Ticket[]): void {
    this.runs += 1;
    this.batches.push(batch);
  }

  cancel(ticket: Ticket): void {
    this.cancelled.push(ticket.id);
  }

  /** Answers every ticket of its oldest batch. */
  finishOldest(): void {
    const batch = this.batches.shift();
    const timings = { queue: 0, decode: 1, preprocess: 1, infer: 1, postprocess: 1, encode: 1 };
    for (const ticket of batch ?? []) {
      this.events.finished(this, ticket, { result: resultOf(ticket.work, timings, batch!.length) });
    }
    this.events.freed(this);
  }

  die(why = 'SIGKILL'): void {
    const held = this.batches.splice(0).flat();
    this.events.died(this, why, held);
  }

  load({ ref }: ModelSpec): Promise<LoadReport | undefined> {
    const { promise, resolve } = Promise.withResolvers<LoadReport | undefined>();
    const finish = (error?: string) => {
      if (error === undefined) this.loaded.add(ref);
      resolve(reportOf(ref, error));
    };
    this.changes.push({ what: `load ${ref}`, finish });
    return promise;
  }

  unload(ref: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const finish = () => {
      this.loaded.delete(ref);
      resolve();
    };
    this.changes.push({ what: `unload ${ref}`, finish });
    return promise;
  }

  async retire(): Promise<void> {
    this.retired = true;
  }

  kill(): void {
    this.die('killed');
  }
}

/** Every hand-run model is told to take x, float32 [N,2], and to give y and z. */
export const handSignature: ModelSignature = {
  inputs: [{ name: 'x', type: 'float32', dims: [null, 2] }],
  outputs: [
    { name: 'y', type: 'float32', dims: [null, 2] },
    { name: 'z', type: 'float32', dims: [null, 2] },
  ],
};

function reportOf(ref: string, error?: string): LoadReport {
  const signature = error === undefined ? handSignature : undefined;
  return { ref, error, provider: 'cpu', fused: true, note: '', signature };
}

/** Tensors come back as they went in, under the names of the outputs. */
function resultOf(work: TicketWork, timings: Timings, batchSize: number): WorkResult {
  if (work.kind === 'tensors') {
    return { kind: 'tensors', outputs: work.outputs.map((name) => ({ ...work.inputs[0]!, name })), timings };
  }
  const { width, height } = work.header;
  return { kind: 'segment', width, height, answers: [], timings, batchSize };
}

/** An engine over runners that the test holds in `runners`, in the order they were started. */
export function handEngine(options: {
  workers?: number;
  limits?: Partial<Limits>;
  specs?: ModelSpec[];
  rssBytesMax?: number;
  opensLater?: (spec: ModelSpec) => boolean;
}) {
  const runners: HandRunner[] = [];
  const specs = options.specs ?? [specNamed('face')];
  const { workers = 1 } = options;
  const opened = openEngine({
    models: specs,
    limits: { ...defaultLimits, ...options.limits },
    plan: { workers, threads: 1, cores: workers, why: 'test' },
    rssBytesMax: options.rssBytesMax,
    ...(options.opensLater && { opensLater: options.opensLater }),
    start: ({ specs, later }, events) => {
      const runner = new HandRunner(
        events,
        [...specs, ...later].map(({ ref }) => ref),
      );
      runners.push(runner);
      return runner;
    },
  });
  const refs = specs.map(({ ref }) => ref);
  const allReady = () => {
    for (const runner of runners) runner.becomeReady(refs);
  };
  return { ...opened, runners, refs, allReady };
}

/** Lets every promise callback that is due run. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
