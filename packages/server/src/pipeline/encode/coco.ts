import type { AnswerPlan } from '../../domain/request.ts';
import { type CocoCounts, cocoCounts, cocoString } from '../regions/cocoRle.ts';
import type { Region } from '../regions/regions.ts';
import { componentsOf, regionsOf } from '../regions/regionsOf.ts';
import type { Scene } from '../scene.ts';

/**
 * A COCO annotation file of one picture, an annotation for each region. Its numbers count pixels and so do the run
 * lengths; polygons are simplified. COCO fills every polygon of a list, so a region with holes has no polygon form: it
 * comes as compressed run lengths. `iscrowd` is 0: each annotation is one connected region.
 */
export async function encodeCoco(scene: Scene, plan: AnswerPlan): Promise<Uint8Array> {
  const { width, height } = scene;
  const regions = regionsOf(scene, plan);
  const head = {
    info: { description: `segserve ${scene.spec.ref}` },
    licenses: [],
    // The file's name is for the caller to fill in: a request carries pixels and no name.
    images: [{ id: 1, file_name: '', width, height }],
    categories: scene.spec.labels.flatMap((name, id) => (id === scene.background ? [] : [{ id, name }])),
  };
  const segmentation = segmentationOf(scene, plan, regions);
  const annotations = regions.map((region, at) => {
    const { x, y, width: across, height: down } = region.box;
    const facts = `"id":${at + 1},"image_id":1,"category_id":${region.class},"iscrowd":0`;
    return `{${facts},"area":${region.pixels},"bbox":[${x},${y},${across},${down}],"segmentation":${segmentation(region)}}`;
  });
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"annotations":[${annotations.join(',')}]}`);
}

function segmentationOf(scene: Scene, plan: AnswerPlan, regions: readonly Region[]): (region: Region) => string {
  const isPolygon = ({ holes }: Region) => plan.cocoMask === 'polygon' && holes.length === 0;
  const { map, components } = componentsOf(scene, plan);
  const counts: readonly CocoCounts[] = regions.every(isPolygon) ? [] : cocoCounts(map, components);
  return (region) => {
    if (isPolygon(region)) return `[[${region.outer.join(',')}]]`;
    const runs = counts[region.component]!;
    const text = plan.cocoMask === 'counts' ? `[${runs.join(',')}]` : JSON.stringify(cocoString(runs));
    return `{"size":[${map.height},${map.width}],"counts":${text}}`;
  };
}
