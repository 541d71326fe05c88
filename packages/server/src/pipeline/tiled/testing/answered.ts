import { defaultLimits, type Limits } from '../../../domain/limits.ts';
import type { PictureSpec } from '../../../domain/modelSpec.ts';
import type { MaskPlan, SegmentResult } from '../../../domain/request.ts';
import { readHeader } from '../../header.ts';
import { type Job, type Outcome, openModel, runBatch } from '../../pipeline.ts';
import { pixelsOf, plan, randomFrom } from '../../testing/pictures.ts';
import { preparedFor } from './convolution.ts';

/** Noise with structure of several sizes, so that classes are neither one blot nor sand. */
export function texture(width: number, height: number, seed = 5): Buffer {
  const random = randomFrom(seed);
  const waves = Array.from({ length: 9 }, () => [random() * 0.4, random() * 0.4, random() * 6] as const);
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < 3; channel++, at++) {
        const [one, other, third] = [waves[channel]!, waves[channel + 3]!, waves[channel + 6]!];
        const sum = [one, other, third].reduce((all, [a, b, c]) => all + Math.sin(a * x + b * y + c), 0);
        data[at] = 128 + 30 * sum + random() * 30;
      }
    }
  }
  return data;
}

export interface Asked {
  readonly spec: PictureSpec;
  readonly graph: Uint8Array;
  readonly image: Uint8Array;
  readonly mask?: Partial<MaskPlan>;
  readonly job?: Partial<Job>;
  readonly limits?: Partial<Limits>;
}

/** One picture through the whole pipeline; rejects with the job's fault. */
export async function answered(asked: Asked): Promise<Omit<SegmentResult, 'model'>> {
  const { spec, graph, image, mask, job } = asked;
  const limits = { ...defaultLimits, ...asked.limits };
  const model = await openModel(spec, preparedFor(spec, graph), { threads: 1, limits });
  try {
    const whole: Job = {
      image,
      header: await readHeader(image, defaultLimits),
      answers: [plan(spec.manifest.task === 'matting' ? 'alpha' : 'labels')],
      threshold: 0.5,
      mask: { refine: 'none', ...mask },
      ...job,
    };
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    await runBatch(model, [whole], (_, outcome) => resolve(outcome));
    const outcome = await promise;
    if ('fault' in outcome) throw outcome.fault;
    return outcome.result;
  } finally {
    await model.close();
  }
}

/** The first channel of the first answer. */
export async function valuesOf(result: Pick<SegmentResult, 'answers'>): Promise<Uint8Array> {
  const { data, channels } = await pixelsOf(result.answers[0]!.bytes);
  return data.filter((_, index) => index % channels === 0);
}
