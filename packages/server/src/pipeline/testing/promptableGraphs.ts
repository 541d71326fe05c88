import { PromptableManifestSchema, type PromptableManifestSource } from '@segserve/contract';
import type { PromptableSpec } from '../../domain/modelSpec.ts';
import { TensorProto_DataType as DataType } from '../../graph/gen/onnx_pb.ts';
import type { NodeWriter } from '../../graph/nodeWriter.ts';
import { writeModel } from '../../graph/onnxFile.ts';
import { buildModel } from '../../graph/testing/buildModel.ts';

type Dim = number | string;

export interface PromptableGraphs {
  /** Of the square input. */
  readonly side?: number;
  /** How inputs and outputs are called and how many sides they have. */
  readonly names?: 'sam' | 'sam2' | 'efficientsam' | 'optimum';
  /** Things in a run; fixed by SAM's own export. */
  readonly things?: Dim;
  /** For each candidate by how much its logits are higher, and the IoU that it predicts. */
  readonly candidates?: readonly (readonly [more: number, iou: number])[];
  /** Of the input that the decoder was made for; that of the encoder when absent. */
  readonly decoderSide?: number;
  /** Multiplies all logits: not a number times anything is none. */
  readonly factor?: number;
}

const names = {
  sam: {
    embeddings: ['image_embeddings'],
    points: 'point_coords',
    labels: 'point_labels',
    masks: 'masks',
    scores: 'iou_predictions',
  },
  sam2: {
    embeddings: ['image_embed', 'high_res_feats_0', 'high_res_feats_1'],
    points: 'point_coords',
    labels: 'point_labels',
    masks: 'masks',
    scores: 'iou_predictions',
  },
  efficientsam: {
    embeddings: ['image_embeddings'],
    points: 'batched_point_coords',
    labels: 'batched_point_labels',
    masks: 'output_masks',
    scores: 'iou_predictions',
  },
  optimum: {
    embeddings: ['image_embeddings', 'image_positional_embeddings'],
    points: 'input_points',
    labels: 'input_labels',
    masks: 'pred_masks',
    scores: 'iou_scores',
  },
} as const;

/** Float pixels 0…1 in, their means over 2×2 pixels out: a feature of three numbers for each place. */
export function colorEncoder({ side = 64, names: form = 'sam' }: PromptableGraphs = {}): Uint8Array {
  const outputs = names[form].embeddings.map((name) => ({
    name,
    type: DataType.FLOAT,
    dims: [1, 3, side / 2, side / 2],
  }));
  return writeModel(
    buildModel({
      opset: 17,
      inputs: [{ name: 'image', type: DataType.FLOAT, dims: [1, 3, side, side] }],
      outputs,
      body: (write) => {
        const pooled = write.add('AveragePool', ['image'], { kernel_shape: [2, 2], strides: [2, 2] });
        for (const { name } of outputs) write.add('Identity', [pooled], {}, name);
      },
    }),
  );
}

/**
 * A decoder whose answer can be foretold: a place is part of the thing where its colour is near that of a clicked place (or of the middle of the
 * box, and inside of it) and not near that of a place that was clicked away. The mask to start from adds a quarter of itself and a half.
 */
export function colorDecoder(graphs: PromptableGraphs = {}): Uint8Array {
  const { side = 64, names: form = 'sam', things = 1, candidates = [[0, 0.9]] } = graphs;
  const { embeddings, points, labels, masks, scores } = names[form];
  const isFlat = form === 'sam' || form === 'sam2';
  const outer: Dim[] = isFlat ? [things] : [1, things];
  const half = side / 2;
  const float = DataType.FLOAT;
  const labelType = form === 'optimum' ? DataType.INT64 : float;
  const mask = isFlat
    ? [
        { name: 'mask_input', type: float, dims: [things, 1, half, half] },
        { name: 'has_mask_input', type: float, dims: [1] },
      ]
    : [];
  const sizeType = form === 'efficientsam' ? DataType.INT64 : float;
  const size = form === 'sam' || form === 'efficientsam' ? [{ name: 'orig_im_size', type: sizeType, dims: [2] }] : [];
  const given =
    form === 'sam' ? [{ name: 'low_res_masks', type: float, dims: [things, candidates.length, half, half] }] : [];
  const sides: Dim[] = form === 'sam' ? ['height', 'width'] : [half, half];
  return writeModel(
    buildModel({
      opset: 17,
      inputs: [
        ...embeddings.map((name) => ({ name, type: float, dims: [1, 3, half, half] })),
        { name: points, type: float, dims: [...outer, 'points', 2] },
        { name: labels, type: labelType, dims: [...outer, 'points'] },
        ...mask,
        ...size,
      ],
      outputs: [
        { name: masks, type: float, dims: [...outer, candidates.length, ...sides] },
        { name: scores, type: float, dims: [...outer, candidates.length] },
        ...given,
      ],
      body: (write) => writeDecoder(write, graphs, { isFlat, isMasked: mask.length > 0, isGrown: form === 'sam' }),
    }),
  );
}

/** Both in one, as EfficientSAM's single file has them: the picture and the prompts in, masks of the input out. */
export function colorBoth(graphs: PromptableGraphs = {}): Uint8Array {
  const { side = 64, things = 1, candidates = [[0, 0.9]] } = graphs;
  const { embeddings, points, labels, masks, scores } = names.efficientsam;
  const float = DataType.FLOAT;
  return writeModel(
    buildModel({
      opset: 17,
      inputs: [
        { name: 'batched_images', type: float, dims: [1, 3, side, side] },
        { name: points, type: float, dims: [1, things, 'points', 2] },
        { name: labels, type: float, dims: [1, things, 'points'] },
      ],
      outputs: [
        { name: masks, type: float, dims: [1, things, candidates.length, side / 2, side / 2] },
        { name: scores, type: float, dims: [1, things, candidates.length] },
      ],
      body: (write) => {
        write.add('AveragePool', ['batched_images'], { kernel_shape: [2, 2], strides: [2, 2] }, embeddings[0]);
        writeDecoder(write, { ...graphs, names: 'efficientsam' }, { isFlat: false, isMasked: false, isGrown: false });
      },
    }),
  );
}

interface Form {
  readonly isFlat: boolean;
  readonly isMasked: boolean;
  readonly isGrown: boolean;
}

/** Squared distance of colours from which a place is no more part of the thing, and how steep logits are. */
const near = 0.1;
const steepness = 40;

function writeDecoder(write: NodeWriter, graphs: PromptableGraphs, { isFlat, isMasked, isGrown }: Form): void {
  const { names: form = 'sam', candidates = [[0, 0.9]], factor = 1 } = graphs;
  const name = names[form];
  const axis = (at: number) => write.ints([at]);
  const flat = (value: string) => (isFlat ? value : write.add('Squeeze', [value, axis(0)]));
  const coords = flat(name.points);
  const labels = flat(write.add('Cast', [name.labels], { to: DataType.FLOAT }));
  const ofLabel = (label: number) =>
    write.add('Cast', [write.add('Equal', [labels, write.floats([label])])], { to: DataType.FLOAT });
  const [features, grid] = [name.embeddings[0], gridOf(write, graphs.side ?? 64)];
  const clicked = likeness(write, features, coords);
  const positive = strongest(write, clicked, ofLabel(1));
  const negative = write.add('Relu', [strongest(write, clicked, ofLabel(0))]);
  const boxed = boxLogits(write, features, coords, [ofLabel(2), ofLabel(3)], grid);
  let logits = write.add('Sub', [write.add('Max', [positive, boxed]), write.add('Mul', [negative, write.floats([2])])]);
  if (isMasked) {
    const quarter = write.add('Add', [write.add('Mul', ['mask_input', write.floats([0.25])]), write.floats([0.5])]);
    const start = write.add('Mul', [quarter, 'has_mask_input']);
    logits = write.add('Add', [logits, start]);
  }
  const more = write.floats(
    candidates.map(([shift]) => shift),
    [1, candidates.length, 1, 1],
  );
  const all = write.add('Mul', [write.add('Add', [logits, more]), write.floats([factor])]);
  writeOutputs(write, graphs, all, { isFlat, isMasked, isGrown });
}

function writeOutputs(write: NodeWriter, graphs: PromptableGraphs, logits: string, { isFlat, isGrown }: Form): void {
  const { names: form = 'sam', candidates = [[0, 0.9]] } = graphs;
  const name = names[form];
  const outer = (value: string, output: string) =>
    isFlat ? write.add('Identity', [value], {}, output) : write.add('Unsqueeze', [value, write.ints([0])], {}, output);
  const shape = write.add('Shape', [logits]);
  const things = write.add('Slice', [shape, write.ints([0]), write.ints([2])]);
  const scores = write.floats(
    candidates.map(([, iou]) => iou),
    [1, candidates.length],
  );
  outer(write.add('Expand', [scores, things]), name.scores);
  if (!isGrown) {
    outer(logits, name.masks);
    return;
  }
  write.add('Identity', [logits], {}, 'low_res_masks');
  const sizes = write.add('Concat', [things, write.add('Cast', ['orig_im_size'], { to: DataType.INT64 })], { axis: 0 });
  const resize = { mode: 'linear', coordinate_transformation_mode: 'half_pixel' };
  write.add('Resize', [logits, '', '', sizes], resize, name.masks);
}

/** x and y of each place's middle, in pixels of the input. */
function gridOf(write: NodeWriter, side: number): readonly [x: string, y: string] {
  const half = side / 2;
  const middles = Array.from({ length: half }, (_, at) => at * 2 + 1);
  return [write.floats(middles, [1, 1, 1, half]), write.floats(middles, [1, 1, half, 1])];
}

/** [N,P,h,w]: logits of how near each place's colour is to that of the places at `coords` [N,P,2]. */
function likeness(write: NodeWriter, features: string, coords: string): string {
  const halved = write.add('Mul', [coords, write.floats([0.5])]);
  const places = write.add('Cast', [write.add('Floor', [write.add('Max', [halved, write.floats([0])])])], {
    to: DataType.INT64,
  });
  const yx = write.add('Gather', [places, write.ints([1, 0])], { axis: 2 });
  const pixels = write.add('Squeeze', [write.add('Transpose', [features], { perm: [0, 2, 3, 1] }), write.ints([0])]);
  const colors = write.add('GatherND', [pixels, yx]); // [N,P,3]
  const wide = write.add('Unsqueeze', [colors, write.ints([3, 4])]);
  const difference = write.add('Sub', [write.add('Unsqueeze', [features, write.ints([1])]), wide]);
  const squares = write.add('ReduceSum', [write.add('Mul', [difference, difference]), write.ints([2])], {
    keepdims: 0,
  });
  return write.add('Mul', [write.add('Sub', [write.floats([near]), squares]), write.floats([steepness])]);
}

/** [N,1,h,w]: the highest of those whose label is right. */
function strongest(write: NodeWriter, logits: string, right: string): string {
  const wrong = write.add('Mul', [write.add('Sub', [right, write.floats([1])]), write.floats([100])]);
  const shown = write.add('Add', [logits, write.add('Unsqueeze', [wrong, write.ints([2, 3])])]);
  return write.add('ReduceMax', [shown], { axes: [1], keepdims: 1 });
}

/** [N,1,h,w]: places inside the box whose colour is that of its middle; far below 0 where there is no box. */
function boxLogits(
  write: NodeWriter,
  features: string,
  coords: string,
  [upperLeft, lowerRight]: readonly [string, string],
  [x, y]: readonly [string, string],
): string {
  const corner = (right: string) => {
    const own = write.add('Mul', [coords, write.add('Unsqueeze', [right, write.ints([2])])]);
    return write.add('ReduceSum', [own, write.ints([1])], { keepdims: 1 }); // [N,1,2]
  };
  const [low, high] = [corner(upperLeft), corner(lowerRight)];
  const middle = write.add('Mul', [write.add('Add', [low, high]), write.floats([0.5])]);
  const side = (of: string, at: number) =>
    write.add('Unsqueeze', [write.add('Gather', [of, write.ints([at])], { axis: 2 }), write.ints([3])]);
  const inside = write.add('Min', [
    write.add('Sub', [x, side(low, 0)]),
    write.add('Sub', [side(high, 0), x]),
    write.add('Sub', [y, side(low, 1)]),
    write.add('Sub', [side(high, 1), y]),
  ]);
  const alike = write.add('Min', [likeness(write, features, middle), inside]);
  const has = write.add('ReduceSum', [upperLeft, write.ints([1])], { keepdims: 1 });
  const none = write.add('Mul', [write.add('Sub', [has, write.floats([1])]), write.floats([100])]);
  return write.add('Add', [alike, write.add('Unsqueeze', [none, write.ints([2, 3])])]);
}

type Changes = Partial<Omit<PromptableManifestSource, 'input'>> & {
  readonly input?: Partial<PromptableManifestSource['input']>;
};

/** A package for these graphs, as loadPackage makes it. */
export function promptableSpec(changes: Changes = {}, folder = '/nowhere', side = 64): PromptableSpec {
  const { input, ...rest } = changes;
  const manifest = PromptableManifestSchema.parse({
    schema: 1,
    name: 'click',
    version: '1',
    task: 'promptable',
    licence: 'none',
    graph: 'encoder.onnx',
    decoder: { graph: 'decoder.onnx' },
    ...rest,
    input: {
      size: { rule: 'fixed', width: side, height: side },
      fit: 'letterbox',
      align: 'topLeft',
      kernel: 'nearest',
      ...input,
    },
  });
  return {
    ref: `${manifest.name}:${manifest.version}`,
    manifest,
    folder,
    labels: ['background', 'object'],
    palette: Uint8Array.from([0, 0, 0, 200, 40, 40]),
  };
}
