import type { ChainStageOf } from '../../domain/chainSpec.ts';
import type { Region } from '../../domain/geometry.ts';
import { throwIfLeft } from '../work.ts';
import type { ChainRun, StageMade } from './chainRun.ts';
import { chunksOf } from './chunksOf.ts';
import { cropAround } from './cropAround.ts';
import { canvasFor } from './pasted.ts';
import { rawPicture } from './rawPicture.ts';
import { inStage } from './stageFault.ts';
import { thingsOf } from './thingsOf.ts';

/** Crops that go to a model together: what it may share a run for, and no more of them in memory. */
const togetherMax = 8;

/**
 * A package on the surroundings of each thing. Crops are cut out of one decoded picture, and pasted as soon as they are
 * done, the worst first: so the best thing ends on top, and of all crops only a handful is held at a time.
 */
export async function runCrops(run: ChainRun, one: ChainStageOf<'crops'>): Promise<StageMade> {
  const { stage, part, things: wanted } = one;
  const source = run.scene(wanted.of);
  const things = run.postprocess(() => thingsOf(source, wanted, stage).toReversed());
  const crops = things.map(({ box }) => cropAround(box, stage.margin, source));
  const { width, height } = source;
  const frame = { spec: one.look, width, height, threshold: run.thresholdOf(one), photo: run.photo };
  const canvas = canvasFor(stage.paste, frame, run.instancesMost(one));
  if (crops.length === 0) return { scene: canvas.scene(), runs: 0 };
  const photo = await run.photo();
  const where = (at: number) => `, crop ${crops.length - at} of ${crops.length} (${sentence(crops[at]!)})`;
  for (const [from, to] of chunksOf(crops, togetherMax, photo.width * photo.height)) {
    throwIfLeft(run.job);
    const pictures = crops.slice(from, to).map((crop) => rawPicture(photo, run.job.header.format, crop));
    const scenes = await inStage(
      stage.name,
      () => run.scenesOf(part, one, pictures),
      (index) => where(from + index),
    );
    run.postprocess(() => {
      for (const [at, scene] of scenes.entries()) canvas.paste(scene, crops[from + at]!, things[from + at]!);
    });
  }
  return { scene: run.postprocess(() => canvas.scene()), runs: crops.length };
}

function sentence({ x, y, width, height }: Region): string {
  return `${width}×${height} at ${x}, ${y}`;
}
