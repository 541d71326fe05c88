import type { PromptableManifest } from '@segserve/contract';
import { Fault } from '../../domain/fault.ts';
import type { PromptableSpec } from '../../domain/modelSpec.ts';
import type { ModelSignature, TensorSpec } from '../../domain/tensor.ts';

/** Which of a decoder's inputs and outputs is which, and what it understands. */
export interface DecoderRoles {
  /** [N,points,2], or [1,N,points,2] where `rank` is 4. */
  readonly points: TensorSpec;
  readonly labels: TensorSpec;
  readonly mask: TensorSpec | undefined;
  readonly hasMask: TensorSpec | undefined;
  readonly size: TensorSpec | undefined;
  /** All others: what the encoder gives, or the picture. */
  readonly embeddings: readonly TensorSpec[];
  readonly masks: string;
  readonly scores: string;
  readonly rank: 3 | 4;
  /** Things in one run: a number where the graph fixes it. */
  readonly thingsPerRun: number | undefined;
  /** Points of each thing: a number where the graph fixes it. */
  readonly pointsPerThing: number | undefined;
  /** Whether labels 2 and 3 are the corners of a box. */
  readonly takesBoxes: boolean;
  /** Points that it looks at. */
  readonly pointsMax: number | undefined;
  readonly padPoint: boolean;
}

/**
 * Names that the usual exporters give: segment_anything's scripts/export_onnx_model.py (MobileSAM's and EdgeSAM's too),
 * EfficientSAM's export_to_onnx.py, samexporter's export_sam2.py, and Hugging Face Optimum.
 */
const names = {
  points: ['point_coords', 'batched_point_coords', 'input_points'],
  labels: ['point_labels', 'batched_point_labels', 'input_labels'],
  mask: ['mask_input'],
  hasMask: ['has_mask_input'],
  size: ['orig_im_size'],
  masks: ['low_res_masks', 'pred_masks', 'masks', 'output_masks'],
  scores: ['iou_predictions', 'iou_scores', 'scores'],
} as const;

/** EfficientSAM drops all further points without a word (build_efficient_sam.py, `decoder_max_num_input_points`). */
const efficientsamPoints = 6;

/** Throws Fault `model_invalid` that names what the graph has where something is missing. */
export function decoderRoles({ ref, manifest }: PromptableSpec, { inputs, outputs }: ModelSignature): DecoderRoles {
  const { decoder, output } = manifest;
  const input = (role: 'points' | 'labels' | 'mask' | 'hasMask' | 'size') =>
    find(inputs, decoder?.inputs[role], names[role], `decoder.inputs.${role} of ${ref}`);
  const given = (role: 'masks' | 'scores') => {
    const what = `output.${role} of ${ref}`;
    return needed(find(outputs, output[role], names[role], what), outputs, what).name;
  };
  const points = needed(input('points'), inputs, `decoder.inputs.points of ${ref}`);
  const labels = needed(input('labels'), inputs, `decoder.inputs.labels of ${ref}`);
  const [mask, hasMask, size] = [input('mask'), input('hasMask'), input('size')];
  const rank = points.dims.length;
  if (rank !== 3 && rank !== 4) {
    const expected = `points of ${ref} as [N,points,2] or [1,N,points,2]`;
    throw Fault.expected('model_invalid', expected, `"${points.name}" [${dimsText(points)}]`);
  }
  const known: readonly (TensorSpec | undefined)[] = [points, labels, mask, hasMask, size];
  return {
    points,
    labels,
    mask,
    hasMask,
    size,
    embeddings: inputs.filter((spec) => !known.includes(spec)),
    masks: given('masks'),
    scores: given('scores'),
    rank,
    thingsPerRun: points.dims[rank - 3] ?? undefined,
    pointsPerThing: points.dims[rank - 2] ?? undefined,
    ...understanding(manifest, points),
  };
}

function understanding({ decoder, output }: PromptableManifest, points: TensorSpec) {
  const isOptimum = points.name === 'input_points';
  const byGraph = points.dims[points.dims.length - 2] ?? undefined;
  const byFamily = output.family === 'efficientsam' ? efficientsamPoints : undefined;
  return {
    // transformers' SamPromptEncoder has inputs of their own for boxes, which Optimum's export leaves out, and pads by itself.
    takesBoxes: decoder?.boxes ?? !isOptimum,
    pointsMax: decoder?.pointsMax ?? byGraph ?? byFamily,
    padPoint: decoder?.padPoint ?? (output.family === 'sam' && !isOptimum),
  };
}

export function dimsText({ dims }: TensorSpec): string {
  return dims.map((side) => side ?? '?').join(',');
}

function find(
  specs: readonly TensorSpec[],
  named: string | undefined,
  usual: readonly string[],
  what: string,
): TensorSpec | undefined {
  if (named !== undefined) return needed(withName(specs, named), specs, what, named);
  for (const name of usual) {
    const found = withName(specs, name);
    if (found) return found;
  }
  return undefined;
}

function withName(specs: readonly TensorSpec[], name: string): TensorSpec | undefined {
  return specs.find((spec) => spec.name === name);
}

function needed(
  found: TensorSpec | undefined,
  specs: readonly TensorSpec[],
  what: string,
  named = 'nothing',
): TensorSpec {
  if (found) return found;
  const known = specs.map(({ name }) => name).join(', ');
  throw Fault.expected('model_invalid', `${what} to be one of ${known}`, named);
}
