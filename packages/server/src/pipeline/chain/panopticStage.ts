import type { ChainStageOf } from '../../domain/chainSpec.ts';
import { fusePanoptic } from '../panoptic/fuse.ts';
import { Scene } from '../scene.ts';
import type { ChainRun, StageMade } from './chainRun.ts';

/** Things of one stage and stuff of another as segments that share no pixel. No model runs. */
export async function runPanoptic(run: ChainRun, one: ChainStageOf<'panoptic'>): Promise<StageMade> {
  const { stage, look, classes, threshold } = one;
  const map = run.scene(stage.semantic);
  const found = run.scene(stage.instances).instances ?? [];
  const { width, height } = map;
  const scene = run.postprocess(() => {
    const things = found.flatMap((thing) => {
      const index = classes.get(thing.class);
      return index === undefined ? [] : [{ ...thing, class: index }];
    });
    const { background } = look.manifest;
    const instances = fusePanoptic(things, map.labels, {
      things: new Set(look.things),
      nothing: new Set(background === undefined ? [] : [background]),
      overlapThreshold: stage.overlapThreshold,
      stuffAreaMin: stage.stuffAreaMin,
      ...(map.score ? { score: map.score } : {}),
    });
    const none = { labels: undefined, alpha: undefined, score: undefined };
    return new Scene({ spec: look, width, height, threshold, photo: run.photo, ...none, instances });
  });
  return { scene, runs: 0 };
}
