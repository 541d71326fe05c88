import { type AnswerFormat, ManifestSchema, type ModelDetail } from '@segserve/contract';
import { taskOf } from '../domain/chainSpec.ts';
import type { Engine } from '../domain/engineDoor.ts';
import { Fault } from '../domain/fault.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { SegmentRequest, SegmentResult } from '../domain/request.ts';
import type { GraphInfo } from '../graph/inspect.ts';
import type { Context, Output, Services, StopSignal } from './context.ts';

export interface FakeContext extends Context {
  readonly stdout: FakeOutput;
  readonly stderr: FakeOutput;
  readonly services: Services;
  /** Requests that the engine got, in order. */
  readonly requests: SegmentRequest[];
  /** What happened, in order: "title segserve serve", "close engine", "exit 130". */
  readonly events: string[];
  send(signal: StopSignal): void;
}

/** For tests: a world without files, sockets and natives, except for the folder `cwd`. */
export function fakeContext(
  given: Partial<Pick<Context, 'cwd' | 'env' | 'stdin'>> & {
    readonly isTTY?: boolean;
    readonly services?: Partial<Services>;
    /** Called before each answer; throws to fail one picture. */
    readonly onSegment?: (request: SegmentRequest) => void | Promise<void>;
  } = {},
): FakeContext {
  const events: string[] = [];
  const requests: SegmentRequest[] = [];
  const listeners = new Set<(signal: StopSignal) => void>();
  const specs = [fakeSpec('portrait', 'matting'), fakeSpec('street', 'semantic')];
  const open = async () => fakeEngine(specs, requests, events, given.onSegment);
  let clock = 0;
  return {
    stdout: new FakeOutput(given.isTTY ?? false),
    stderr: new FakeOutput(given.isTTY ?? false),
    stdin: given.stdin ?? noBytes(),
    env: given.env ?? {},
    cwd: given.cwd ?? '/nowhere',
    requests,
    events,
    now: () => {
      clock += 100;
      return clock;
    },
    setTitle: (title) => void events.push(`title ${title}`),
    onStop: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    exitNow: (code) => void events.push(`exit ${code}`),
    send: (signal) => {
      for (const listener of listeners) listener(signal);
    },
    services: {
      openEngine: open,
      startServer: async () => ({
        address: 'http://127.0.0.1:8080',
        addresses: [{ url: 'http://127.0.0.1:8080', wires: ['native'] }],
        engine: await open(),
        close: async () => void events.push('close server'),
      }),
      builtInFolders: async () => ['/built-in'],
      findModels: async (folders) => {
        events.push(`find ${folders.join(' ')}`);
        return specs;
      },
      resolveModel: async (known, ref) => {
        const found = known.find((spec) => spec.ref === ref || spec.manifest.name === ref);
        if (!found) throw new Fault('unknown_model', `No model "${ref}" is served here. Known: portrait:1, street:1.`);
        return found;
      },
      prepareGraph: async () => ({
        bytes: new Uint8Array(),
        form: 'fused',
        inputName: 'image',
        outputNames: ['labels', 'alpha'],
        batchSize: undefined,
        note: 'normalisation and threshold',
        signature: noTensors,
      }),
      inspectGraph: async () => fakeGraphInfo,
      trialFusion: async () => 'would be, by this guess: Cast in front; ArgMax behind',
      planCores: async () => ({ workers: 1, threads: 2, cores: 2, why: '2 cores in the machine' }),
      ...given.services,
    },
  };
}

export class FakeOutput implements Output {
  readonly isTTY: boolean;
  readonly columns = 80;
  readonly chunks: Uint8Array[] = [];

  constructor(isTTY: boolean) {
    this.isTTY = isTTY;
  }

  async write(chunk: string | Uint8Array): Promise<void> {
    this.chunks.push(Buffer.from(chunk));
  }

  get text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }

  get lines(): string[] {
    return this.text.split('\n').slice(0, -1);
  }
}

const noTensors = { inputs: [], outputs: [] };

async function* noBytes(): AsyncGenerator<Uint8Array> {}

function fakeSpec(name: string, task: 'matting' | 'semantic'): ModelSpec {
  const manifest = ManifestSchema.parse({
    schema: 1,
    name,
    version: '1',
    task,
    licence: 'Apache-2.0',
    nonCommercial: task === 'semantic',
    graph: 'model.onnx',
    input: { size: { rule: 'fixed', width: 64, height: 64 } },
    output: { kind: 'probabilities' },
    ...(task === 'semantic' ? { labels: ['road', 'sky'] } : {}),
  });
  return { ref: `${name}:1`, manifest, folder: `/models/${name}/1`, labels: ['a', 'b'], palette: new Uint8Array(6) };
}

const fakeGraphInfo: GraphInfo = {
  irVersion: 8,
  opset: 17,
  otherOpsets: {},
  producer: 'pytorch 2.9',
  inputs: [{ name: 'x', type: 'float32', dims: ['N', 3, null, 64], initialiser: false }],
  outputs: [{ name: 'y', type: 'float32', dims: [1, 1, 64, 64], initialiser: false, ending: ['Sigmoid'] }],
  nodes: 3,
  operators: { Conv: 2, Sigmoid: 1 },
  parameters: 12345,
  bytes: 2 ** 20,
  precision: 'float32',
  externalFiles: [],
  fusion: undefined,
  guess: { layout: 'nchw', task: 'matting', kind: 'probabilities' },
};

function fakeEngine(
  specs: readonly ModelSpec[],
  requests: SegmentRequest[],
  events: string[],
  onSegment: ((request: SegmentRequest) => void | Promise<void>) | undefined,
): Engine {
  return {
    segment: async (request) => {
      requests.push(request);
      await onSegment?.(request);
      return fakeResult(request);
    },
    infer: async () => {
      throw new Fault('internal', 'The command line asks for no raw tensors.');
    },
    signature: () => noTensors,
    load: async (ref) => void events.push(`load ${ref}`),
    unload: async (ref) => void events.push(`unload ${ref}`),
    models: () => specs.map(detailOf),
    model: (ref) => detailOf(specs.find((spec) => spec.ref === ref) ?? fakeSpec(ref, 'matting')),
    notReady: () => undefined,
    status: () => ({
      workers: [],
      ticketsQueued: 0,
      ticketsRunning: 0,
      ticketsMax: 1,
      pixelsInFlight: 0,
      workerRestarts: 0,
      plan: { workers: 1, threads: 2, cores: 2, why: '2 cores in the machine' },
    }),
    close: async () => void events.push('close engine'),
  };
}

function fakeResult({ model, answers, image }: SegmentRequest): SegmentResult {
  const made = answers.map(({ kind, format = 'png' as AnswerFormat }) => ({
    kind,
    format,
    contentType: `image/${format}`,
    bytes: Buffer.from(`${kind} of ${Buffer.from(image).toString('utf8')}`),
  }));
  const timings = { queue: 0, decode: 1, preprocess: 1, infer: 1, postprocess: 1, encode: 1 };
  return { model, width: 4, height: 3, answers: made, timings, batchSize: 1 };
}

function detailOf(spec: ModelSpec): ModelDetail {
  const task = taskOf(spec);
  const { name, version, licence, nonCommercial, description } = spec.manifest;
  return {
    name,
    version,
    task,
    state: 'ready',
    description,
    licence,
    nonCommercial,
    answers: ['labels', 'cutout'],
    error: null,
    labels: [],
    input: { width: 64, height: 64, rule: 'fixed', fit: 'stretch' },
    fused: true,
    fusion: 'all of it',
    providers: ['cpu'],
    batching: { maxSize: 8, delayMs: 2, run: 'auto' },
  };
}
