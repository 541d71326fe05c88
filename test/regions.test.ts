import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Coco, CocoSchema, GeojsonSchema, type Labelstudio, LabelstudioSchema } from '@segserve/contract';
import { readCocoString } from '../packages/server/src/pipeline/regions/cocoRle.ts';
import { referenceMasks, regionAnswers } from './reference/regionAnswers.ts';

interface Judged {
  readonly name: string;
  readonly annotations: readonly { class: number; counts: string; area: number; bbox: number[] }[];
  readonly brushes: Readonly<Record<string, readonly number[]>>;
  readonly polygon: Coco['annotations'];
}

/** What pycocotools, Label Studio's converter and shapely said of our answers; regions.py says how it was got. */
const recorded: { readonly masks: readonly Judged[] } = JSON.parse(
  readFileSync(new URL('reference/regions.json', import.meta.url), 'utf8'),
);

test('the record covers the masks of today', () => {
  assert.deepEqual(
    recorded.masks.map(({ name }) => name),
    referenceMasks.map(({ name }) => name),
  );
});

for (const [index, mask] of referenceMasks.entries()) {
  test(`COCO, Label Studio and GeoJSON answers are those their own tools agreed with: ${mask.name}`, async () => {
    const judged = recorded.masks[index]!;
    const answers = await regionAnswers(mask);
    const coco = (text: string) => CocoSchema.parse(JSON.parse(text)).annotations;

    assert.deepEqual(
      coco(answers.rle).map(({ category_id, segmentation, area, bbox }) => ({
        class: category_id,
        counts: Array.isArray(segmentation) ? undefined : segmentation.counts,
        area,
        bbox,
      })),
      judged.annotations,
    );
    assert.deepEqual(
      coco(answers.counts).map(({ segmentation }) => Array.isArray(segmentation) || segmentation.counts),
      judged.annotations.map(({ counts }) => readCocoString(counts)),
    );
    assert.deepEqual(coco(answers.polygon), judged.polygon);
    coco(answers.simplified);
    for (const text of [answers.geojson, answers.geojsonSimplified]) GeojsonSchema.parse(JSON.parse(text));

    const tasks: Labelstudio = LabelstudioSchema.parse(JSON.parse(answers.labelstudio));
    const results = tasks[0]!.predictions[0]!.result;
    assert.equal(results.length, Object.keys(judged.brushes).length);
    for (const { id, value } of results) {
      const expected = judged.brushes[id.replace('class-', '')]!;
      // The converter adds a byte of zeros where none is needed.
      assert.deepEqual(value.rle, expected.slice(0, value.rle.length));
      assert.ok(expected.slice(value.rle.length).every((byte) => byte === 0) && expected.length - value.rle.length < 2);
    }
  });
}
