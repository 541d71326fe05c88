import type { ModelDetail } from '@segserve/contract';
import sharp from 'sharp';
import type { Engine, EngineStatus } from '../../../packages/server/src/domain/engineDoor.ts';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { SegmentRequest, SegmentResult } from '../../../packages/server/src/domain/request.ts';
import type { ModelSignature, TensorResult } from '../../../packages/server/src/domain/tensor.ts';

const timings = { queue: 0, decode: 0, preprocess: 0, infer: 1, postprocess: 0, encode: 0 };

/** An engine that remembers what it is asked and gives grey PNGs of the right size; their grey is the picture's first red. */
export class PictureEngine implements Engine {
  readonly requests: SegmentRequest[] = [];
  task: ModelDetail['task'] = 'matting';
  before: ((request: SegmentRequest) => Promise<void>) | undefined;
  inFlight = 0;
  inFlightMost = 0;

  async segment(request: SegmentRequest): Promise<SegmentResult> {
    this.requests.push(request);
    this.inFlight++;
    this.inFlightMost = Math.max(this.inFlightMost, this.inFlight);
    try {
      await this.before?.(request);
      return await this.#answer(request);
    } finally {
      this.inFlight--;
    }
  }

  async #answer(request: SegmentRequest): Promise<SegmentResult> {
    const picture = sharp(request.image).autoOrient();
    const read = await picture
      .raw()
      .toBuffer({ resolveWithObject: true })
      .catch(() => {
        throw Fault.expected('unsupported_image', 'an image that can be decoded', 'other bytes');
      });
    const { width, height } = request.size === undefined || request.size === 'model' ? read.info : request.size;
    const background = { r: read.data[0]!, g: read.data[0]!, b: read.data[0]! };
    const bytes = await sharp({ create: { width, height, channels: 3, background } })
      .toColourspace('b-w')
      .png()
      .toBuffer();
    const answers = request.answers.map(({ kind }) => ({
      kind,
      format: 'png' as const,
      contentType: 'image/png',
      bytes,
    }));
    return { model: `${request.model}:1`, width, height, answers, timings, batchSize: 1 };
  }

  model(ref: string): ModelDetail {
    return {
      name: ref,
      version: '1',
      state: 'ready',
      task: this.task,
      description: '',
      licence: 'Apache-2.0',
      nonCommercial: false,
      labels: [],
      answers: ['labels', 'alpha'],
      error: null,
      input: { width: 512, height: 512, rule: 'fixed', fit: 'stretch' },
      fused: true,
      fusion: 'all',
      providers: ['cpu'],
      batching: { maxSize: 8, delayMs: 2, run: 'auto' },
    };
  }

  models(): readonly ModelDetail[] {
    return [this.model('portrait')];
  }
  infer(): Promise<TensorResult> {
    return Promise.reject(new Fault('internal', 'This wire has no tensors.'));
  }
  signature(): ModelSignature {
    return { inputs: [], outputs: [] };
  }
  async load(): Promise<void> {}
  async unload(): Promise<void> {}
  async close(): Promise<void> {}
  notReady(): undefined {
    return undefined;
  }
  status(): EngineStatus {
    const plan = { workers: 1, threads: 1, cores: 1, why: 'a test' };
    return {
      workers: [],
      ticketsQueued: 0,
      ticketsRunning: 0,
      ticketsMax: 0,
      pixelsInFlight: 0,
      workerRestarts: 0,
      plan,
    };
  }
}
