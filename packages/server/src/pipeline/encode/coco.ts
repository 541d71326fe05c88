import type { Size } from '../../domain/geometry.ts';
import type { AnswerPlan } from '../../domain/request.ts';
import { spanCounts } from '../instances/spanCounts.ts';
import { wantedInstances } from '../instances/wantedInstances.ts';
import { type CocoCounts, cocoCounts, cocoString } from '../regions/cocoRle.ts';
import type { Region } from '../regions/regions.ts';
import { componentsOf, regionsOf } from '../regions/regionsOf.ts';
import type { Scene } from '../scene.ts';

/**
 * A COCO annotation file of one picture, an annotation for each region, or for each instance with all its parts. Its numbers count pixels and so do the run
 * lengths; polygons are simplified. COCO fills every polygon of a list, so a region with holes has no polygon form: it
 * comes as compressed run lengths. `iscrowd` is 0: each annotation is one connected region.
 */
export async function encodeCoco(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const head = {
    info: { description: `segserve ${scene.spec.ref}` },
    licenses: [],
    // The file's name is for the caller to fill in: a request carries pixels and no name.
    images: [{ id: 1, file_name: '', width, height }],
    categories: scene.spec.labels.flatMap((name, id) => (isCategory(scene, plan, id) ? [{ id, name }] : [])),
  };
  const annotations = scene.instances ? instanceAnnotations(scene, plan) : regionAnnotations(scene, plan);
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"annotations":[${annotations.join(',')}]}`);
}

/** Neither the background nor what has become a part of another class. */
function isCategory({ background }: Scene, { merge }: AnswerPlan, id: number): boolean {
  return id !== background && !merge.some(({ classes, into }) => id !== into && classes.includes(id));
}

function regionAnnotations(scene: Scene, plan: AnswerPlan): string[] {
  const regions = regionsOf(scene, plan);
  const segmentation = segmentationOf(scene, plan, regions);
  return regions.map((region, at) => {
    const { x, y, width: across, height: down } = region.box;
    const facts = `"id":${at + 1},"image_id":1,"category_id":${region.class},"iscrowd":0`;
    return `{${facts},"area":${region.pixels},"bbox":[${x},${y},${across},${down}],"segmentation":${segmentation(region)}}`;
  });
}

/** One for each instance, with its score as in COCO's result files. Polygons where none of its parts has a hole. */
function instanceAnnotations(scene: Scene, plan: AnswerPlan): string[] {
  const parts =
    plan.cocoMask === 'polygon' ? Map.groupBy(regionsOf(scene, plan), ({ instance }) => instance!) : undefined;
  return wantedInstances(scene, plan).map((instance, at) => {
    const { class: index, score, area, box } = instance;
    const facts = `"id":${at + 1},"image_id":1,"category_id":${index},"iscrowd":0,"score":${score},"area":${area}`;
    const rings = parts?.get(instance) ?? [];
    const isPolygon = rings.length > 0 && rings.every(({ holes }) => holes.length === 0);
    const mask = isPolygon
      ? `[${rings.map(({ outer }) => `[${outer.join(',')}]`).join(',')}]`
      : runLengths(scene, spanCounts(instance.spans, scene), plan.cocoMask === 'counts');
    return `{${facts},"bbox":[${box.x},${box.y},${box.width},${box.height}],"segmentation":${mask}}`;
  });
}

function runLengths({ width, height }: Size, runs: CocoCounts, isList: boolean): string {
  return `{"size":[${height},${width}],"counts":${isList ? `[${runs.join(',')}]` : JSON.stringify(cocoString(runs))}}`;
}

function segmentationOf(scene: Scene, plan: AnswerPlan, regions: readonly Region[]): (region: Region) => string {
  const isPolygon = ({ holes }: Region) => plan.cocoMask === 'polygon' && holes.length === 0;
  const { runs, components } = componentsOf(scene, plan);
  const counts: readonly CocoCounts[] = regions.every(isPolygon) ? [] : cocoCounts(runs, components);
  return (region) => {
    if (isPolygon(region)) return `[[${region.outer.join(',')}]]`;
    return runLengths(runs, counts[region.component]!, plan.cocoMask === 'counts');
  };
}
