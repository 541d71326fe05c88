import type { AnswerKind, Instances } from '@segserve/contract';
import { defaultLimits } from '../../domain/limits.ts';
import type { PromptPlan } from '../../domain/promptPlan.ts';
import type { SegmentResult } from '../../domain/request.ts';
import { readHeader } from '../header.ts';
import type { EmbeddingCache } from '../promptable/embeddingCache.ts';
import { type OpenPromptable, openPromptable } from '../promptable/openPromptable.ts';
import { segmentPrompts } from '../promptable/segmentPrompts.ts';
import type { Job } from '../work.ts';
import { asItIs } from './instanceGraphs.ts';
import { pixelsOf, plan, png } from './pictures.ts';
import { colorDecoder, colorEncoder, type PromptableGraphs, promptableSpec } from './promptableGraphs.ts';

/** A model of generated graphs, opened. */
export function openClicking(
  graphs: PromptableGraphs = {},
  changes: Parameters<typeof promptableSpec>[0] = {},
  embeddings?: EmbeddingCache,
): Promise<OpenPromptable> {
  const spec = promptableSpec(changes, '/nowhere', graphs.side ?? 64);
  const prepare = async (variant: string) =>
    variant === 'decoder'
      ? asItIs(colorDecoder({ ...graphs, side: graphs.decoderSide ?? graphs.side ?? 64 }))
      : { ...asItIs(colorEncoder(graphs)), inputName: 'image' };
  return openPromptable(spec, prepare, { threads: 1, limits: defaultLimits, ...(embeddings ? { embeddings } : {}) });
}

/** A red square at 20…80, 20…80 and a blue one at 120…180, 30…100 on grey; 200×120 pixels. */
export const twoSquares = { width: 200, height: 120 };

export function twoSquaresPng(): Promise<Buffer> {
  const data = Buffer.alloc(twoSquares.width * twoSquares.height * 3, 136);
  const fill = (left: number, top: number, right: number, bottom: number, rgb: readonly number[]) => {
    for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) data.set(rgb, (y * twoSquares.width + x) * 3);
  };
  fill(20, 20, 80, 80, [255, 0, 0]);
  fill(120, 30, 180, 100, [0, 0, 255]);
  return png(data, twoSquares.width, twoSquares.height);
}

/** What a worker is told, with nothing said but this. */
export function promptPlan(changes: Partial<PromptPlan>): PromptPlan {
  return { digest: 'd', things: [], previous: [], multimask: false, scoreThreshold: 0, maxInstances: 1000, ...changes };
}

export const clickAt = (x: number, y: number, label: 0 | 1 = 1) => ({ x, y, label });

export async function jobFor(
  image: Uint8Array,
  prompts: PromptPlan,
  kinds: readonly AnswerKind[] = ['labels'],
  changes: Partial<Job> = {},
): Promise<Job> {
  const header = await readHeader(image, defaultLimits);
  return { image, header, answers: kinds.map((kind) => plan(kind)), threshold: 0.5, prompts, ...changes };
}

/** Rejects with the job's fault. */
export async function segmented(model: OpenPromptable, job: Job): Promise<Omit<SegmentResult, 'model'>> {
  const { promise, resolve, reject } = Promise.withResolvers<Omit<SegmentResult, 'model'>>();
  await segmentPrompts(model, [job], (_, outcome) =>
    'fault' in outcome ? reject(outcome.fault) : resolve(outcome.result),
  );
  return promise;
}

/** The first answer's pixels, one number each. */
export async function firstPlane({ answers }: Pick<SegmentResult, 'answers'>): Promise<Uint8Array> {
  const { data, channels, width, height } = await pixelsOf(answers[0]!.bytes);
  return Uint8Array.from({ length: width * height }, (_, at) => data[at * channels]!);
}

export function instancesOf({ answers }: Pick<SegmentResult, 'answers'>, at = 0): Instances['instances'] {
  return (JSON.parse(Buffer.from(answers[at]!.bytes).toString()) as Instances).instances;
}
