import { type ModelDetail, mediaTypes } from '@segserve/contract';
import sharp from 'sharp';
import type { Engine, EngineStatus } from '../../../packages/server/src/domain/engineDoor.ts';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { AnswerRequest, SegmentRequest, SegmentResult } from '../../../packages/server/src/domain/request.ts';

/** The size of every answer of `size: 'model'`. */
export const networkSize = { width: 32, height: 16 };

const common: Omit<ModelDetail, 'name' | 'task'> = {
  version: '1',
  state: 'ready',
  description: '',
  licence: 'Apache-2.0',
  nonCommercial: false,
  answers: [],
  error: null,
  labels: [],
  input: { ...networkSize, rule: 'fixed', fit: 'stretch' },
  fused: true,
  fusion: 'all',
  providers: ['cpu'],
  batching: { maxSize: 8, delayMs: 2, run: 'auto' },
};

/** Semantic models and classifiers as an operator would have brought them. */
export const brought: readonly ModelDetail[] = [
  { ...common, name: 'portrait', task: 'matting' },
  { ...common, name: 'street', task: 'semantic' },
  { ...common, name: 'sorter', task: 'classification' },
];

/** Decodes pictures and encodes real answers of the right size and channels; what is in them is made up. */
export class FakeEngine implements Engine {
  readonly requests: SegmentRequest[] = [];
  known = brought;
  /** What the next requests do instead of answering. */
  instead: ((request: SegmentRequest) => Promise<SegmentResult>) | undefined;
  reasonNotReady: string | undefined;
  stands: Partial<EngineStatus> = {};
  runMs = 10;

  async segment(request: SegmentRequest): Promise<SegmentResult> {
    this.requests.push(request);
    return this.instead ? this.instead(request) : this.answer(request);
  }

  async answer(request: SegmentRequest): Promise<SegmentResult> {
    this.model(request.model);
    const { width, height } = await sharp(request.image)
      .metadata()
      .catch((cause) => {
        throw new Fault('unsupported_image', 'Expected a picture.', { cause });
      });
    const size = request.size === 'model' ? networkSize : (request.size ?? { width, height });
    const answers = await Promise.all(
      request.answers.map(async (answer) => {
        const format = answer.format ?? (answer.kind === 'topk' ? 'json' : 'png');
        return { kind: answer.kind, format, contentType: mediaTypes[format], bytes: await bytesOf(answer, size) };
      }),
    );
    const timings = { queue: 3, decode: 0, preprocess: 0, infer: this.runMs, postprocess: 0, encode: 0 };
    return { model: `${request.model}:1`, ...size, answers, timings, batchSize: 2 };
  }

  /** Requests wait until released, or until their callers leave. */
  hold(): { release(): void } {
    const gate = Promise.withResolvers<void>();
    this.instead = async (request) => {
      const left = new Promise<never>((_, reject) => {
        request.signal?.addEventListener('abort', () => reject(new Fault('cancelled', 'The caller left.')));
      });
      await Promise.race([gate.promise, left]);
      return this.answer(request);
    };
    return {
      release: () => {
        this.instead = undefined;
        gate.resolve();
      },
    };
  }

  /** Every request fails so. */
  fail(fault: Fault): void {
    this.instead = () => Promise.reject(fault);
  }

  infer(): never {
    throw new Error('Nobody asks for raw tensors here.');
  }
  signature(): never {
    throw new Error('Nobody asks for a signature here.');
  }
  async load(): Promise<void> {}
  async unload(): Promise<void> {}

  models(): readonly ModelDetail[] {
    return this.known;
  }

  model(ref: string): ModelDetail {
    const found = this.known.find(({ name }) => name === ref.split(':')[0]);
    if (found) return found;
    throw new Fault('unknown_model', `Unknown model "${ref}".`);
  }

  notReady(): string | undefined {
    return this.reasonNotReady;
  }

  status(): EngineStatus {
    return {
      workers: [{ pid: 4711, state: 'ready', rssBytes: 1, batchesInFlight: 0 }],
      ticketsQueued: 0,
      ticketsRunning: 0,
      ticketsMax: 144,
      pixelsInFlight: 0,
      workerRestarts: 0,
      plan: { workers: 1, threads: 1, cores: 1, why: 'fake' },
      ...this.stands,
    };
  }

  async close(): Promise<void> {}
}

async function bytesOf(answer: AnswerRequest, { width, height }: { width: number; height: number }): Promise<Buffer> {
  if (answer.kind === 'topk') {
    const all = [
      { id: 2, label: 'tabby', score: 0.75 },
      { id: 0, label: 'tench', score: 0.25 },
      { id: 1, label: 'shark', score: 0 },
    ];
    return Buffer.from(JSON.stringify({ classes: all.slice(0, answer.topK) }));
  }
  const channels = answer.kind === 'color' && answer.trueColor === true ? 3 : 1;
  const [red, green, blue] = answer.colors?.[1] ?? [1, 1, 1];
  const data = Buffer.alloc(width * height * channels);
  for (let at = 0; at < data.length; at += channels) data.set([red, green, blue].slice(0, channels), at);
  return sharp(data, { raw: { width, height, channels } })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
}
