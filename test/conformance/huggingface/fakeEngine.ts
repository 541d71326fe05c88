import type { ModelDetail } from '@segserve/contract';
import sharp from 'sharp';
import type { Engine } from '../../../packages/server/src/domain/engineDoor.ts';
import { Fault } from '../../../packages/server/src/domain/fault.ts';
import type { SegmentRequest, SegmentResult } from '../../../packages/server/src/domain/request.ts';

const common: Omit<ModelDetail, 'name' | 'task'> = {
  version: '1',
  state: 'ready',
  description: '',
  licence: 'Apache-2.0',
  nonCommercial: false,
  answers: ['masks'],
  error: null,
  labels: [],
  input: { width: 32, height: 32, rule: 'fixed', fit: 'stretch' },
  fused: true,
  fusion: 'all',
  providers: ['cpu'],
  batching: { maxSize: 8, delayMs: 2, run: 'auto' },
};

/** What each model sees in every picture, as the engine orders it. */
const seen: Readonly<
  Record<string, readonly { id: number; label: string; score: number | null; instance?: number }[]>
> = {
  portrait: [
    { id: 0, label: 'background', score: 0.99 },
    { id: 1, label: 'person', score: 0.75 },
  ],
  street: [
    { id: 0, label: 'road "A"', score: 0.9 },
    { id: 13, label: 'car', score: 0.5 },
    { id: 2, label: 'sky', score: 0.25 },
  ],
  indices: [{ id: 4, label: 'tree', score: null }],
  things: [
    { id: 2, label: 'cat', score: 0.875, instance: 1 },
    { id: 2, label: 'cat', score: 0.5, instance: 2 },
  ],
  scenes: [
    { id: 2, label: 'cat', score: 0.875, instance: 1 },
    { id: 7, label: 'sky', score: 0.5, instance: 2 },
  ],
};

const known: readonly ModelDetail[] = [
  { ...common, name: 'portrait', task: 'matting' },
  { ...common, name: 'street', task: 'semantic', providers: ['cuda'] },
  { ...common, name: 'indices', task: 'semantic', providers: ['coreml'] },
  { ...common, name: 'things', task: 'instance' },
  { ...common, name: 'scenes', task: 'panoptic' },
  { ...common, name: 'sorter', task: 'classification' },
];

/** An engine that sees the same in every picture, and draws it as one row for each class. */
export class FakeEngine {
  readonly requests: SegmentRequest[] = [];
  /** What the next requests do instead of answering. */
  instead: ((request: SegmentRequest) => Promise<SegmentResult>) | undefined;
  reasonNotReady: string | undefined;
  states: Readonly<Record<string, ModelDetail['state']>> = {};

  asEngine(): Engine {
    const engine: Pick<Engine, 'segment' | 'model' | 'notReady'> = {
      segment: (request) => {
        this.requests.push(request);
        return this.instead ? this.instead(request) : this.answer(request);
      },
      model: (ref) => this.model(ref),
      notReady: () => this.reasonNotReady,
    };
    return engine as Engine;
  }

  model(ref: string): ModelDetail {
    const [name] = ref.split(':');
    const found = known.find((model) => model.name === name);
    if (!found) throw new Fault('unknown_model', `Unknown model "${ref}". Known models: portrait:1, street:1.`);
    return { ...found, state: this.states[found.name] ?? 'ready' };
  }

  async answer(request: SegmentRequest): Promise<SegmentResult> {
    const { width, height } = await sharp(request.image)
      .metadata()
      .catch(() => {
        throw new Fault('unsupported_image', 'Expected an image but received plain text.');
      });
    const { name } = this.model(request.model);
    const { kind, classes } = request.answers[0]!;
    const wanted = seen[name]!.filter(({ id }) => classes === undefined || classes.includes(id));
    const masks = await Promise.all(
      wanted.map(async (one) => ({ ...one, pixels: width, png: await rowOf(one.id, width, height) })),
    );
    const bytes = Buffer.from(JSON.stringify({ width, height, masks }));
    const timings = { queue: 500, decode: 1, preprocess: 2, infer: 30, postprocess: 4, encode: 5 };
    const answers = [{ kind, format: 'json', contentType: 'application/json', bytes } as const];
    return { model: `${name}:1`, width, height, answers, timings, batchSize: 1 };
  }
}

async function rowOf(id: number, width: number, height: number): Promise<string> {
  const pixels = Buffer.alloc(width * height);
  pixels.fill(255, (id % height) * width, ((id % height) + 1) * width);
  const picture = sharp(pixels, { raw: { width, height, channels: 1 } }).toColourspace('b-w');
  return (await picture.png().toBuffer()).toString('base64');
}
