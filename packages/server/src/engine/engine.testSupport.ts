import { ManifestSchema } from '@segserve/contract';
import { defaultLimits, type Limits } from '../domain/limits.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import { openEngine } from './engine.ts';
import type { LoadReport, Runner, RunnerEvents } from './runner.ts';
import type { Ticket } from './ticket.ts';

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

  constructor(events: RunnerEvents) {
    this.events = events;
  }

  get batchesInFlight(): number {
    return this.batches.length;
  }

  get ticketsInFlight(): number {
    return this.batches.flat().length;
  }

  becomeReady(refs: readonly string[], error?: string): void {
    const reports: LoadReport[] = refs.map((ref) => ({ ref, error, provider: 'cpu', fused: true, note: '' }));
    this.events.ready(this, reports);
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
      const { width, height } = ticket.header;
      const result = { model: ticket.spec.ref, width, height, answers: [], timings, batchSize: batch!.length };
      this.events.finished(this, ticket, { result });
    }
    this.events.freed(this);
  }

  die(why = 'SIGKILL'): void {
    const held = this.batches.splice(0).flat();
    this.events.died(this, why, held);
  }

  async retire(): Promise<void> {
    this.retired = true;
  }

  kill(): void {
    this.die('killed');
  }
}

/** An engine over runners that the test holds in `runners`, in the order they were started. */
export function handEngine(options: {
  workers?: number;
  limits?: Partial<Limits>;
  specs?: ModelSpec[];
  rssBytesMax?: number;
}) {
  const runners: HandRunner[] = [];
  const specs = options.specs ?? [specNamed('face')];
  const { workers = 1 } = options;
  const opened = openEngine({
    models: specs,
    limits: { ...defaultLimits, ...options.limits },
    plan: { workers, threads: 1, cores: workers, why: 'test' },
    rssBytesMax: options.rssBytesMax,
    start: (events) => {
      const runner = new HandRunner(events);
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
