import type { ChainStageOf } from '../../domain/chainSpec.ts';
import type { ChainRun, StageMade } from './chainRun.ts';

/**
 * A package on the whole picture. It reads the picture as it came, as it would alone: so it answers as it would alone, in
 * every pixel, and a JPEG is decoded no larger than it needs.
 */
export function runModel(run: ChainRun, one: ChainStageOf<'model'>): Promise<StageMade> {
  return onWhole(run, one, one.part);
}

/** The package of the picture's best class. */
export function runRoute(run: ChainRun, one: ChainStageOf<'route'>): Promise<StageMade> {
  const { stage, cases, otherwise } = one;
  const scores = run.scene(stage.by).classes ?? [];
  let best = 0;
  for (let index = 1; index < scores.length; index++) if (scores[index]! > scores[best]!) best = index;
  const isSure = (scores[best] ?? 0) >= stage.minScore;
  return onWhole(run, one, (isSure ? cases.get(best) : undefined) ?? otherwise);
}

async function onWhole(
  run: ChainRun,
  one: ChainStageOf<'model'> | ChainStageOf<'route'>,
  part: string,
): Promise<StageMade> {
  const { image, header } = run.job;
  const [scene] = await run.scenesOf(part, one, [{ image, header, photo: run.photo }]);
  return { scene: scene!.with({ spec: one.look }), runs: 1 };
}
