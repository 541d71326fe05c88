import type { AnswerPlan } from '../../domain/request.ts';
import { spanRuns } from '../instances/spanCounts.ts';
import { wantedInstances } from '../instances/wantedInstances.ts';
import { brushRle, type RowRuns } from '../regions/brushRle.ts';
import { classFacts, componentsOf } from '../regions/regionsOf.ts';
import { rowRuns } from '../regions/rowRuns.ts';
import type { Scene } from '../scene.ts';

/**
 * A list of one Label Studio task whose prediction has a brush mask for each class or instance that is there, as Label Studio imports
 * it. The names are those of its own template: `<BrushLabels name="tag" toName="image">`. `data.image` is for the caller
 * to fill in. Brush masks are exact: they have no tolerance.
 */
export async function encodeLabelstudio(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const results = brushesOf(scene, plan).map(({ id, class: index, score, runs }) => {
    const head = {
      id,
      type: 'brushlabels',
      from_name: 'tag',
      to_name: 'image',
      original_width: scene.width,
      original_height: scene.height,
      image_rotation: 0,
      ...(score === undefined ? {} : { score }),
    };
    const value = JSON.stringify({ format: 'rle', brushlabels: [classFacts(scene, index).label] }).slice(0, -1);
    return `${JSON.stringify(head).slice(0, -1)},"value":${value},"rle":[${brushRle(runs).join(',')}]}}`;
  });
  const version = JSON.stringify(scene.spec.ref);
  return Buffer.from(
    `[{"data":{"image":""},"predictions":[{"model_version":${version},"result":[${results.join(',')}]}]}]`,
  );
}

interface Brush {
  readonly id: string;
  readonly class: number;
  readonly score?: number;
  readonly runs: RowRuns;
}

function brushesOf(scene: Scene, plan: AnswerPlan): Brush[] {
  if (scene.instances) {
    return wantedInstances(scene, plan).map(({ id, class: index, score, spans }) => {
      return { id: `instance-${id}`, class: index, score, runs: spanRuns(spans, scene) };
    });
  }
  const { runs } = componentsOf(scene, plan);
  return [...rowRuns(runs)].map(([index, runs]) => ({ id: `class-${index}`, class: index, runs }));
}
