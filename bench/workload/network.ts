import { TensorProto_DataType as DataType } from '../../packages/server/src/graph/gen/onnx_pb.ts';
import type { NodeWriter } from '../../packages/server/src/graph/nodeWriter.ts';
import { writeModel } from '../../packages/server/src/graph/onnxFile.ts';
import { buildModel } from '../../packages/server/src/graph/testing/buildModel.ts';

export interface NetworkSize {
  /** Height and width of input and answer. */
  readonly side: number;
  readonly classes: number;
}

/**
 * An .onnx file of a plain segmentation network, the same in every run: an encoder to an eighth of the side with residual blocks,
 * a decoder with skip connections back to the full side, scores of every class at every pixel. Weights are random;
 * what it costs is what counts, some 50 ms of one core at 512² with 21 classes.
 */
export function network({ side, classes }: NetworkSize): Uint8Array {
  const model = buildModel({
    opset: 17,
    inputs: [{ name: 'x', type: DataType.FLOAT, dims: ['N', 3, side, side] }],
    outputs: [{ name: 'y', type: DataType.FLOAT, dims: ['N', classes, side, side] }],
    body: (write) => writeLayers(new Layers(write), classes),
  });
  return writeModel(model);
}

function writeLayers(layers: Layers, classes: number): void {
  const half = layers.conv('x', 3, 16, { stride: 2 });
  const quarter = layers.conv(half, 16, 32, { stride: 2 });
  let deep = layers.conv(quarter, 32, 64, { stride: 2 });
  for (let block = 0; block < 2; block++) deep = layers.residual(deep, 64);
  const up4 = layers.add(layers.conv(layers.twice(deep), 64, 32), quarter);
  const up2 = layers.add(layers.conv(layers.twice(up4), 32, 16), half);
  const up1 = layers.twice(layers.conv(up2, 16, 8));
  layers.conv(up1, 8, classes, { kernel: 1, active: false, output: 'y' });
}

interface ConvOptions {
  readonly kernel?: number;
  readonly stride?: number;
  readonly active?: boolean;
  readonly output?: string;
}

class Layers {
  readonly #write: NodeWriter;
  readonly #random = gaussian(20261121);

  constructor(write: NodeWriter) {
    this.#write = write;
  }

  /** A convolution with He's scale, so that activations keep their size, and a ReLU behind. */
  conv(input: string, from: number, to: number, options: ConvOptions = {}): string {
    const { kernel = 3, stride = 1, active = true, output } = options;
    const scale = Math.sqrt(2 / (from * kernel * kernel));
    const weights = Array.from({ length: to * from * kernel * kernel }, () => scale * this.#random());
    const pad = kernel >> 1;
    const made = this.#write.add(
      'Conv',
      [input, this.#write.floats(weights, [to, from, kernel, kernel])],
      { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] },
      output,
    );
    return active ? this.#write.add('Relu', [made]) : made;
  }

  residual(input: string, channels: number): string {
    const inner = this.conv(input, channels, channels);
    return this.#write.add('Relu', [this.add(input, this.conv(inner, channels, channels, { active: false }))]);
  }

  add(a: string, b: string): string {
    return this.#write.add('Add', [a, b]);
  }

  /** Both sides doubled, linearly. */
  twice(input: string): string {
    const scales = this.#write.floats([1, 1, 2, 2], [4]);
    return this.#write.add('Resize', [input, '', scales], {
      mode: 'linear',
      coordinate_transformation_mode: 'half_pixel',
    });
  }
}

/** Normal numbers from a seed: Box–Muller over a linear congruential generator. */
function gaussian(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 1) / (2 ** 32 + 1);
  };
  return () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
}
