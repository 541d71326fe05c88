import { createHash } from 'node:crypto';
import type { ChainStageOf } from '../../domain/chainSpec.ts';
import type { PromptPlan } from '../../domain/promptPlan.ts';
import type { Scene } from '../scene.ts';
import type { ChainRun, StageMade } from './chainRun.ts';
import { cropAround } from './cropAround.ts';
import { numbered, sceneOfInstances } from './pasted.ts';
import { type Thing, thingsOf } from './thingsOf.ts';

/** A promptable package that is shown the boxes of things: its encoder sees the picture once, whatever their number. */
export async function runPrompts(run: ChainRun, one: ChainStageOf<'prompts'>): Promise<StageMade> {
  const { stage, part, things: wanted, look } = one;
  const source = run.scene(wanted.of);
  const things = run.postprocess(() => thingsOf(source, wanted, stage));
  const { image, header } = run.job;
  const frame = { spec: look, width: source.width, height: source.height, threshold: one.threshold, photo: run.photo };
  if (things.length === 0) return { scene: sceneOfInstances(frame, []), runs: 0 };
  const boxes = things.map(({ box }) => cropAround(box, stage.margin, source));
  const prompts: PromptPlan = {
    digest: createHash('sha256').update(image).digest('hex'),
    things: boxes.map(({ x, y, width, height }) => ({
      points: [],
      box: { x0: x, y0: y, x1: x + width, y1: y + height },
    })),
    previous: [],
    multimask: false,
    scoreThreshold: 0,
    maxInstances: things.length,
  };
  const [shown] = await run.scenesOf(part, one, [{ image, header, photo: run.photo, prompts }]);
  return { scene: run.postprocess(() => sceneOfInstances(frame, kept(things, shown!))), runs: 1 };
}

/** Each thing with the mask that its box has shown; one that showed nothing is gone. Several are numbered by their boxes. */
function kept(things: readonly Thing[], { instances = [] }: Scene) {
  const found = instances.flatMap(({ id, spans, area, box, centroid }) => {
    const { instance } = things[things.length === 1 ? 0 : id - 1]!;
    return instance ? [{ ...instance, spans, area, box, centroid }] : [];
  });
  return numbered(found.toReversed(), found.length);
}
