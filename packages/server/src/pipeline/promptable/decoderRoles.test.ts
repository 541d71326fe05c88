import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../../domain/fault.ts';
import { signatureOf } from '../../graph/signature.ts';
import { openClicking } from '../testing/clicking.ts';
import { colorDecoder, type PromptableGraphs, promptableSpec } from '../testing/promptableGraphs.ts';
import { decoderRoles } from './decoderRoles.ts';

function rolesOf(graphs: PromptableGraphs, changes: Parameters<typeof promptableSpec>[0] = {}) {
  return decoderRoles(promptableSpec(changes), signatureOf(colorDecoder(graphs)));
}

const invalid = (pattern: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Fault && error.code === 'model_invalid');
  assert.match(error.message, pattern);
  return true;
};

test('inputs and outputs are known by the names that the usual exporters give them', () => {
  const known = (['sam', 'sam2', 'efficientsam', 'optimum'] as const).map((names) => {
    const { points, mask, size, embeddings, masks, scores, rank } = rolesOf({ names });
    return [points.name, mask?.name, size?.name, embeddings.length, masks, scores, rank];
  });
  assert.deepEqual(known, [
    ['point_coords', 'mask_input', 'orig_im_size', 1, 'low_res_masks', 'iou_predictions', 3],
    ['point_coords', 'mask_input', undefined, 3, 'masks', 'iou_predictions', 3],
    ['batched_point_coords', undefined, 'orig_im_size', 1, 'output_masks', 'iou_predictions', 4],
    ['input_points', undefined, undefined, 2, 'pred_masks', 'iou_scores', 4],
  ]);
});

test('what a family understands is known, and the manifest has the last word', () => {
  const { padPoint, takesBoxes, pointsMax, thingsPerRun } = rolesOf({});
  assert.deepEqual([padPoint, takesBoxes, pointsMax, thingsPerRun], [true, true, undefined, 1]);
  assert.equal(rolesOf({ things: 'N' }).thingsPerRun, undefined);
  const efficient = rolesOf({ names: 'efficientsam' }, { output: { family: 'efficientsam' } });
  assert.deepEqual([efficient.padPoint, efficient.pointsMax], [false, 6]);
  const optimum = rolesOf({ names: 'optimum' });
  assert.deepEqual([optimum.padPoint, optimum.takesBoxes], [false, false]);
  const told = rolesOf({}, { decoder: { graph: 'd.onnx', padPoint: false, boxes: false, pointsMax: 3 } });
  assert.deepEqual([told.padPoint, told.takesBoxes, told.pointsMax], [false, false, 3]);
});

test('a name that the graph has not is told with those that it has', () => {
  const decoder = { graph: 'd.onnx', inputs: { points: 'clicks' } };
  assert.throws(() => rolesOf({}, { decoder }), invalid(/decoder\.inputs\.points of click:1 .*point_coords.*clicks/));
  assert.throws(() => rolesOf({}, { output: { masks: 'mask' } }), invalid(/output\.masks.*low_res_masks.*mask/));
});

test('graphs that do not fit each other are refused when they are opened, with both sides named', async () => {
  await assert.rejects(
    openClicking({ decoderSide: 32 }),
    invalid(/decoder takes "image_embeddings", float32 \[1,3,16,16\].* float32 \[1,3,32,32\]/),
  );
  const decoder = { graph: 'decoder.onnx', embeddings: { image_embeddings: 'features' } };
  await assert.rejects(openClicking({}, { decoder }), invalid(/"image_embeddings".*\(image_embeddings\).*features/));
  const other = { graph: 'decoder.onnx', embeddings: { features: 'image_embeddings' } };
  await assert.rejects(openClicking({}, { decoder: other }), invalid(/name inputs of the decoder.*features/));
});
