import type { ChainSpec, ChainStage, ChainStageOf } from '../../domain/chainSpec.ts';
import type { SegmentResult } from '../../domain/request.ts';
import { encode } from '../encode.ts';
import { referenceFor } from '../geo/referenceFor.ts';
import type { Opened } from '../opened.ts';
import type { Scene } from '../scene.ts';
import { type Job, throwIfLeft } from '../work.ts';
import { ChainRun, type StageMade } from './chainRun.ts';
import { runCrops } from './cropsStage.ts';
import { runModel, runRoute } from './modelStage.ts';
import { runPanoptic } from './panopticStage.ts';
import { runPrompts } from './promptsStage.ts';
import { inStage } from './stageFault.ts';

/**
 * One picture through the stages, one after the other. What a stage finds stays a scene, at the picture's own size: nothing
 * is encoded before the end, and the picture is decoded at most once for all crops. A stage does not begin once the caller
 * has left. Rejects with a Fault that names the stage.
 */
export async function runChain(
  spec: ChainSpec,
  part: (ref: string) => Opened,
  job: Job,
): Promise<Omit<SegmentResult, 'model'>> {
  const run = new ChainRun(spec, part, job);
  for (const stage of spec.stages) {
    await new Promise((resolve) => setImmediate(resolve)); // inference holds this thread: who has left is heard of now
    throwIfLeft(job);
    await run.timed(stage, () => inStage(stage.stage.name, () => made(run, stage)));
  }
  const scene = run.answer();
  throwIfLeft(job);
  job.take?.(scene);
  const answers = job.take ? [] : await encoded(run, scene);
  const { width, height } = scene;
  return { width, height, answers, timings: run.timings, stages: run.stages, batchSize: 1 };
}

function made(run: ChainRun, one: ChainStage): Promise<StageMade> {
  const { kind } = one.stage;
  switch (kind) {
    case 'model':
      return runModel(run, one as ChainStageOf<typeof kind>);
    case 'crops':
      return runCrops(run, one as ChainStageOf<typeof kind>);
    case 'route':
      return runRoute(run, one as ChainStageOf<typeof kind>);
    case 'prompts':
      return runPrompts(run, one as ChainStageOf<typeof kind>);
    case 'panoptic':
      return runPanoptic(run, one as ChainStageOf<typeof kind>);
  }
}

async function encoded(run: ChainRun, scene: Scene): Promise<SegmentResult['answers']> {
  const { job } = run;
  const begun = performance.now();
  const answers = await Promise.all(job.answers.map((plan) => encode(scene, plan, referenceFor({ job }, plan, scene))));
  run.timings.encode += performance.now() - begun;
  return answers;
}
