import type { AnswerKind, ModelDetail } from '@segserve/contract';
import { mediaTypes } from '@segserve/contract';
import type { Engine, EngineStatus } from '../../../packages/server/src/domain/engineDoor.ts';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { SegmentRequest, SegmentResult } from '../../../packages/server/src/domain/request.ts';
import type {
  ModelSignature,
  NumberTensor,
  Tensor,
  TensorRequest,
  TensorResult,
} from '../../../packages/server/src/domain/tensor.ts';

const common = {
  version: '1',
  state: 'ready',
  description: '',
  licence: 'CC0-1.0',
  nonCommercial: false,
  error: null,
  input: { width: null, height: null, rule: 'free', fit: 'stretch' },
  fused: false,
  fusion: '',
  providers: ['cpu'],
  batching: { maxSize: 1, delayMs: 0, run: 'single' },
} satisfies Partial<ModelDetail>;
const answers: readonly AnswerKind[] = ['labels', 'overlay', 'alpha', 'cutout', 'tensor', 'stats'];
const labels = ['road', 'kerb', 'sky'].map((label, id) => ({ id, label, color: '#000000' }));

const known: readonly ModelDetail[] = [
  { ...common, name: 'mirror', task: 'tensor', answers: [], labels: [] },
  { ...common, name: 'mirror', version: '2', task: 'tensor', answers: [], labels: [] },
  { ...common, name: 'scene', task: 'semantic', answers: [...answers], labels },
  { ...common, name: 'matte', task: 'matting', answers: [...answers], labels: [] },
  { ...common, name: 'pair', task: 'tensor', answers: [], labels: [] },
  { ...common, name: 'words', task: 'semantic', answers: [...answers], labels },
];

const signatures: Readonly<Record<string, ModelSignature>> = {
  mirror: {
    inputs: [{ name: 'x', type: 'float32', dims: [null, 2] }],
    outputs: [{ name: 'y', type: 'float32', dims: [], anyRank: true }],
  },
  scene: {
    inputs: [{ name: 'pixels', type: 'uint8', dims: [1, 2, 2, 3] }],
    outputs: [{ name: 'scores', type: 'float32', dims: [1, 3] }],
  },
  matte: {
    inputs: [{ name: 'image', type: 'float32', dims: [null, 3, null, null] }],
    outputs: [{ name: 'logits', type: 'bfloat16', dims: [1] }],
  },
  pair: {
    inputs: [
      { name: 'a', type: 'uint8', dims: [null] },
      { name: 'b', type: 'uint8', dims: [null] },
    ],
    outputs: [],
  },
  words: { inputs: [{ name: 'image', type: 'string', dims: [null] }], outputs: [] },
};

const timings = { queue: 0.5, decode: 2, preprocess: 0.25, infer: 10, postprocess: 1, encode: 3 };

/** An engine without graphs: raw tensors come back as they went, but for `scene`; pictures get bytes that name the answer. */
export class FakeEngine implements Engine {
  readonly pictures: SegmentRequest[] = [];
  readonly tensors: TensorRequest[] = [];
  readonly moved: string[] = [];
  /** What the next requests do instead of answering. */
  instead: ((signal: AbortSignal) => Promise<never>) | undefined;
  reasonNotReady: string | undefined;
  readonly states = new Map<string, ModelDetail['state']>();

  async segment(request: SegmentRequest): Promise<SegmentResult> {
    this.pictures.push(request);
    if (this.instead) return this.instead(request.signal!);
    if (request.image[0] === 0) throw new Fault('corrupt_image', 'Expected a picture but received a zero.');
    const made = request.answers.map(({ kind, format = 'png' }) => {
      const text = `${kind} as ${format} of ${Buffer.from(request.image).toString('latin1')}`;
      const bytes =
        format === 'npy' ? npy(request.image.length) : Buffer.from(format === 'json' ? text : `\xff${text}`, 'latin1');
      return { kind, format, contentType: mediaTypes[format], bytes };
    });
    return { model: request.model, width: 3, height: 2, answers: made, timings, batchSize: 1 };
  }

  async infer(request: TensorRequest): Promise<TensorResult> {
    this.tensors.push(request);
    if (this.instead) return this.instead(request.signal!);
    const outputs = request.model.startsWith('scene') ? [scores] : request.inputs;
    const wanted = request.outputs?.map((name) => outputs.find((one) => one.name === name) ?? noOutput(name));
    return { model: request.model, outputs: wanted ?? outputs, timings: { ...timings, decode: 0, preprocess: 0 } };
  }

  signature(ref: string): ModelSignature {
    return signatures[this.model(ref).name]!;
  }

  async load(ref: string): Promise<void> {
    this.moved.push(`load ${ref}`);
    this.states.set(ref, 'ready');
  }

  async unload(ref: string): Promise<void> {
    this.moved.push(`unload ${ref}`);
    this.states.set(ref, 'unloaded');
  }

  models(): readonly ModelDetail[] {
    return known.map((model) => ({
      ...model,
      state: this.states.get(`${model.name}:${model.version}`) ?? model.state,
    }));
  }

  model(ref: string): ModelDetail {
    const [name, version = 'latest'] = ref.split(':');
    const found = this.models().filter((model) => model.name === name && ['latest', model.version].includes(version));
    const newest = found.at(-1);
    if (newest) return newest;
    throw new Fault('unknown_model', `No model "${ref}" is served here.`);
  }

  notReady(): string | undefined {
    return this.reasonNotReady;
  }

  status(): EngineStatus {
    const plan = { workers: 1, threads: 1, cores: 1, why: 'fake' };
    return {
      workers: [],
      ticketsQueued: 0,
      ticketsRunning: 0,
      ticketsMax: 1,
      pixelsInFlight: 0,
      workerRestarts: 0,
      plan,
    };
  }

  async close(): Promise<void> {}
}

const scores: NumberTensor = {
  name: 'scores',
  type: 'float32',
  dims: [1, 3],
  bytes: new Uint8Array(Float32Array.of(0.25, 8, 1.5).buffer),
};

function noOutput(name: string): Tensor {
  throw new Fault('invalid_request', `Expected outputs of the model but received "${name}".`);
}

/** Two rows of as many classes as the picture has bytes. */
function npy(width: number): Buffer {
  const header = `${`{'descr': '|u1', 'fortran_order': False, 'shape': (2, ${width}), }`.padEnd(117)}\n`;
  const magic = Buffer.from('\x93NUMPY\x01\0v\0', 'latin1');
  return Buffer.concat([magic, Buffer.from(header), Buffer.alloc(2 * width, 7)]);
}
