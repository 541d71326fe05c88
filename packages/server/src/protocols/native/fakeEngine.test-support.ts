import { type ModelDetail, mediaTypes } from '@segserve/contract';
import type { Engine, EngineStatus } from '../../domain/engineDoor.ts';
import { Fault } from '../../domain/fault.ts';
import type { SegmentRequest, SegmentResult } from '../../domain/request.ts';
import type { ModelSignature, TensorRequest, TensorResult } from '../../domain/tensor.ts';

const common = {
  version: '1',
  state: 'ready',
  description: '',
  licence: 'Apache-2.0',
  nonCommercial: false,
  answers: ['labels', 'color', 'overlay', 'alpha', 'cutout', 'stats'],
  error: null,
  input: { width: 512, height: 512, rule: 'fixed', fit: 'stretch' },
  fused: true,
  fusion: 'all',
  providers: ['cpu'],
  batching: { maxSize: 8, delayMs: 2, run: 'auto' },
} satisfies Partial<ModelDetail>;

const known: readonly ModelDetail[] = [
  { ...common, name: 'portrait', task: 'matting', labels: [{ id: 1, label: 'foreground', color: '#800000' }] },
  { ...common, name: 'scene', task: 'semantic', labels: [{ id: 0, label: 'road', color: '#804080' }] },
];

/** An engine without pixels: it answers at once with bytes that name the answer, unless a test says otherwise. */
export class FakeEngine implements Engine {
  readonly requests: SegmentRequest[] = [];
  /** What the next requests do instead of answering. */
  instead: ((request: SegmentRequest) => Promise<SegmentResult>) | undefined;
  reasonNotReady: string | undefined;
  /** What its status says besides. */
  busy: Partial<EngineStatus> = {};
  readonly tensorRequests: TensorRequest[] = [];
  /** What the next tensor requests do instead of answering. */
  inferInstead: ((request: TensorRequest) => Promise<TensorResult>) | undefined;
  /** Loads and unloads, in order: `load scene:1`. */
  readonly changes: string[] = [];

  async segment(request: SegmentRequest): Promise<SegmentResult> {
    this.requests.push(request);
    if (this.instead) return this.instead(request);
    return resultOf(request);
  }

  /** Gives every input back under its own name. */
  async infer(request: TensorRequest): Promise<TensorResult> {
    this.tensorRequests.push(request);
    if (this.inferInstead) return this.inferInstead(request);
    const timings = { queue: 0.5, decode: 0, preprocess: 0, infer: 10, postprocess: 0, encode: 0 };
    return { model: `${request.model.split(':')[0]}:1`, outputs: request.inputs, timings };
  }

  signature(ref: string): ModelSignature {
    this.model(ref);
    return {
      inputs: [{ name: 'x', type: 'float32', dims: [null, 2] }],
      outputs: [{ name: 'x', type: 'float32', dims: [null, 2] }],
    };
  }

  async load(ref: string): Promise<void> {
    const { name, version } = this.model(ref);
    this.changes.push(`load ${name}:${version}`);
  }

  async unload(ref: string): Promise<void> {
    const { name, version } = this.model(ref);
    this.changes.push(`unload ${name}:${version}`);
  }

  /** The next requests wait until they are aborted or released. */
  hold(): { release(): void } {
    const waiting = Promise.withResolvers<void>();
    this.instead = (request) =>
      new Promise((resolve, reject) => {
        request.signal?.addEventListener('abort', () => reject(new Fault('cancelled', 'The caller left.')));
        waiting.promise.then(() => resolve(resultOf(request)));
      });
    return { release: () => waiting.resolve() };
  }

  models(): readonly ModelDetail[] {
    return known;
  }

  model(ref: string): ModelDetail {
    const [name, version = 'latest'] = ref.split(':');
    const found = known.find((model) => model.name === name && ['latest', model.version].includes(version));
    if (found) return found;
    throw new Fault('unknown_model', `Unknown model "${ref}". Known models: portrait:1, scene:1.`);
  }

  notReady(): string | undefined {
    return this.reasonNotReady;
  }

  status(): EngineStatus {
    return {
      workers: [{ pid: 4711, state: 'ready', rssBytes: 123_000_000, batchesInFlight: 1 }],
      ticketsQueued: 0,
      ticketsRunning: 0,
      ticketsMax: 144,
      pixelsInFlight: 0,
      workerRestarts: 0,
      plan: { workers: 1, threads: 2, cores: 2, why: 'fake' },
      ...this.busy,
    };
  }

  async close(): Promise<void> {}
}

function resultOf(request: SegmentRequest): SegmentResult {
  const answers = request.answers.map(({ kind, format = 'png' }) => ({
    kind,
    format,
    contentType: mediaTypes[format],
    bytes: Buffer.from(format === 'json' ? '{"width":2,"height":1,"classes":[]}' : `${kind} as ${format}`),
  }));
  const timings = { queue: 0.5, decode: 2, preprocess: 0.25, infer: 10, postprocess: 1, encode: 3 };
  return { model: `${request.model.split(':')[0]}:1`, width: 2, height: 1, answers, timings, batchSize: 1 };
}
