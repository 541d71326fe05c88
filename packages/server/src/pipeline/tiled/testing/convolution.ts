import type { GraphVariant, PictureSpec, PreparedGraph } from '../../../domain/modelSpec.ts';
import { fuse } from '../../../graph/fuse.ts';
import { TensorProto_DataType as Type } from '../../../graph/gen/onnx_pb.ts';
import { inspect } from '../../../graph/inspect.ts';
import { writeModel } from '../../../graph/onnxFile.ts';
import { signatureOf } from '../../../graph/signature.ts';
import { buildModel } from '../../../graph/testing/buildModel.ts';
import { randomNumbers } from '../../../graph/testing/tinyNetwork.ts';
import { tinySpec } from '../../testing/tinySpec.ts';

export interface Convolution {
  readonly classes: number;
  /** How many convolutions of 3×3 stand behind each other: a pixel sees so many pixels in every direction. */
  readonly depth: number;
  /** The answer comes at so much smaller sides. */
  readonly stride?: number;
  readonly seed?: number;
  /** Adds the mean of all that it sees to every pixel, so that no answer is only its neighbours'. */
  readonly looksEverywhere?: boolean;
  /** Gives the winning class instead of the logits. */
  readonly endsInLabels?: boolean;
}

/** A fully convolutional network of random weights: logits of any picture, in float32. */
export function convolution(network: Convolution): Uint8Array {
  const { classes, depth, stride = 1, seed = 3, looksEverywhere = false, endsInLabels = false } = network;
  const random = randomNumbers(seed);
  const model = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: Type.FLOAT, dims: ['N', 3, 'H', 'W'] }],
    outputs: endsInLabels
      ? [{ name: 'y', type: Type.INT64, dims: ['N', 'h', 'w'] }]
      : [{ name: 'y', type: Type.FLOAT, dims: ['N', classes, 'h', 'w'] }],
    body(write) {
      let value = 'x';
      for (let layer = 0; layer < depth; layer++) {
        const from = layer === 0 ? 3 : classes;
        const weights = Array.from({ length: classes * from * 9 }, () => (random() - 0.5) * 1.5);
        const convolved = write.add('Conv', [value, write.floats(weights, [classes, from, 3, 3])], {
          pads: [1, 1, 1, 1],
        });
        value = layer === depth - 1 ? convolved : write.add('Tanh', [convolved]);
      }
      if (looksEverywhere) value = write.add('Add', [value, write.add('GlobalAveragePool', [value])]);
      if (stride > 1) {
        const window = { kernel_shape: [stride, stride], strides: [stride, stride] };
        value = write.add('AveragePool', [value], window);
      }
      if (endsInLabels) value = write.add('ArgMax', [value], { axis: 1, keepdims: 0 });
      write.add('Identity', [value], {}, 'y');
    },
  });
  return writeModel(model);
}

/** As models/prepare.ts would prepare it. */
export function preparedFor(spec: PictureSpec, bytes: Uint8Array): (variant: GraphVariant) => Promise<PreparedGraph> {
  const { task, input } = spec.manifest;
  const output = spec.manifest.output as { kind: 'logits' | 'labels'; foreground: number; threshold: number };
  const base = {
    input: { layout: input.layout, channels: input.channels, scale: input.scale, mean: input.mean, std: input.std },
    output: { kind: output.kind, layout: input.layout, foreground: output.foreground, threshold: output.threshold },
  };
  const answer = task === 'matting' ? { alpha: true } : { labels: true };
  return async (variant) => {
    const isScores = variant === 'scores';
    const also = { score: variant === 'score', nan: output.kind === 'logits' };
    const want = isScores ? {} : { ...answer, ...also };
    const made = fuse(bytes, { ...base, want });
    return {
      bytes: made.model,
      form: isScores ? 'front' : 'fused',
      inputName: 'image',
      outputNames: isScores ? inspect(made.model).outputs.map(({ name }) => name) : made.outputs,
      batchSize: undefined,
      note: 'tiny',
      signature: signatureOf(bytes),
    };
  };
}

export function freeSpec(classes: number, changes: Parameters<typeof tinySpec>[0] = {}): PictureSpec {
  const { input, ...rest } = changes;
  const spec = tinySpec({
    ...rest,
    input: { size: { rule: 'free', multiple: 4, maxSide: 4096 }, kernel: 'linear', ...input },
    output: { kind: 'logits', ...rest.output },
  });
  if (spec.manifest.task === 'matting') return spec;
  const labels = Array.from({ length: classes }, (_, index) => `class ${index}`);
  return { ...spec, labels, palette: Uint8Array.from({ length: classes * 3 }, (_, at) => (at * 37) % 256) };
}
