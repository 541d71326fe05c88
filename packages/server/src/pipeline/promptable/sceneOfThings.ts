import type { Size } from '../../domain/geometry.ts';
import { wholeSizeOf } from '../../domain/image.ts';
import type { PromptPlan } from '../../domain/promptPlan.ts';
import { needs } from '../encode.ts';
import type { Instance } from '../instances/instance.ts';
import { measured, spansOf } from '../instances/spans.ts';
import { wholeWindow, windowIn } from '../postprocess/labels.ts';
import { refineAlpha } from '../postprocess/refine.ts';
import { Scene } from '../scene.ts';
import { inPlace } from '../tiled/inPlace.ts';
import type { Work } from '../work.ts';
import type { OpenPromptable } from './openPromptable.ts';
import { leastOpacity, type Painted, type PaintOptions, paintThings } from './paintThings.ts';
import { placedInstances } from './placedInstances.ts';
import type { FoundThings } from './shownThings.ts';

/** The finished picture of what was shown or found, as all answers read it: a matting model's with things besides. */
export async function sceneOfThings(
  model: OpenPromptable,
  work: Work,
  found: FoundThings,
  plan: PromptPlan,
): Promise<Scene> {
  const { header, mask } = work.job;
  const { input, region } = work.placement;
  const window = wholeWindow(windowIn(found.of, input, region), found.of);
  const size = work.target(() => ({ width: window.width, height: window.height }));
  const target = mask?.inPlace ? { width: header.width, height: header.height } : size;
  const photo = work.photoWanted ? await timed(work, 'decode', () => work.photo()) : undefined;
  return timed(work, 'postprocess', () => {
    const options = optionsOf(model, work, plan, target);
    const painted = paintThings(found, options);
    const growth = { across: target.width / window.width, down: target.height / window.height };
    const isRefined = mask?.refine === 'guided' && photo !== undefined;
    return sceneOf(
      model,
      work,
      size,
      isRefined ? refined(painted, refineAlpha(painted.alpha, photo, growth), options) : painted,
    );
  });
}

function sceneOf(model: OpenPromptable, work: Work, size: Size, { alpha, instances }: Painted): Scene {
  const { header, mask, threshold, answers } = work.job;
  const { part } = header;
  const placed = inPlace(model.lookAlike, work.job, { labels: undefined, alpha, score: undefined });
  const scene = new Scene({
    spec: model.lookAlike,
    ...size,
    threshold,
    photo: work.photo,
    backdrop: work.backdrop,
    ...placed,
    instances: mask?.inPlace && part ? placedInstances(instances, part, wholeSizeOf(header)) : instances,
  });
  if (answers.some(({ kind }) => needs[kind].labels)) void scene.labels; // made here, so that its time counts as this stage's
  return scene;
}

function optionsOf({ spec }: OpenPromptable, { job, placement }: Work, plan: PromptPlan, target: Size): PaintOptions {
  const { output } = spec.manifest;
  const { everything, multimask } = plan;
  return {
    growth: { ...placement, upsample: output.upsample ?? (output.family === 'sam' ? 'input' : 'direct') },
    target,
    threshold: job.threshold,
    soft: everything === undefined && !multimask,
    minArea: everything?.minArea ?? 0,
  };
}

/** Where the edge follows the photo the one thing does so too. */
function refined({ instances }: Painted, alpha: Uint8Array, { target, threshold }: PaintOptions): Painted {
  const least = leastOpacity(threshold);
  const mask = alpha.map((opacity) => (opacity >= least ? 1 : 0));
  const spans = spansOf(mask, { x: 0, y: 0, ...target }, target.width);
  const facts = measured(spans, target.width);
  const [thing] = instances;
  const made: Instance[] = thing && facts ? [{ ...thing, spans, ...facts }] : [];
  return { alpha, instances: made };
}

async function timed<Made>(
  work: Work,
  stage: 'decode' | 'postprocess',
  run: () => Promise<Made> | Made,
): Promise<Made> {
  const started = performance.now();
  try {
    return await run();
  } finally {
    work.timings[stage] += performance.now() - started;
  }
}
