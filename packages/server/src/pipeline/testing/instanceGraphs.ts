import { InstanceManifestSchema, type InstanceManifestSource } from '@segserve/contract';
import type { InstanceSpec, PreparedGraph } from '../../domain/modelSpec.ts';
import { TensorProto_DataType as DataType } from '../../graph/gen/onnx_pb.ts';
import type { NodeWriter } from '../../graph/nodeWriter.ts';
import { writeModel } from '../../graph/onnxFile.ts';
import { signatureOf } from '../../graph/signature.ts';
import { buildModel } from '../../graph/testing/buildModel.ts';

/** Numbers that a graph gives whatever the picture; integers as int64. */
export interface Given {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: readonly number[];
  readonly type?: 'float' | 'int64';
}

/**
 * A graph with the outputs of an instance model: constant numbers, and (`prototypes`, `maps`) planes made of the picture.
 * The input is uint8 [1,3,H,W] as numbers 0…1.
 */
export interface InstanceGraph {
  readonly input: readonly [height: number, width: number];
  readonly given?: readonly Given[];
  /** Output [1,k,H/stride,W/stride]: for each channel weights of red, green, blue and a bias, averaged over stride². */
  readonly planes?: {
    readonly name: string;
    readonly stride: number;
    readonly channels: readonly (readonly [red: number, green: number, blue: number, bias: number])[];
  };
  /** No side for the batch, as detection models are exported. */
  readonly unbatched?: boolean;
}

export function instanceGraph({
  input: [height, width],
  given = [],
  planes,
  unbatched = false,
}: InstanceGraph): Uint8Array {
  const outputs = given.map(({ name, dims, type = 'float' }) => {
    return { name, type: type === 'float' ? DataType.FLOAT : DataType.INT64, dims };
  });
  const drawn = planes ? [{ name: planes.name, type: DataType.FLOAT, dims: sidesOf(planes, height, width) }] : [];
  return writeModel(
    buildModel({
      opset: 14,
      inputs: [{ name: 'images', type: DataType.FLOAT, dims: unbatched ? [3, height, width] : [1, 3, height, width] }],
      outputs: [...outputs, ...drawn],
      body: (write) => {
        const nothing = write.add('Mul', [meanOf(write), write.floats([0], [1])]);
        for (const one of given) addGiven(write, one, nothing);
        if (planes) addPlanes(write, planes);
      },
    }),
  );
}

function sidesOf({ channels, stride }: NonNullable<InstanceGraph['planes']>, height: number, width: number): number[] {
  return [1, channels.length, height / stride, width / stride];
}

/** One number that depends on the picture, so that the outputs do. */
function meanOf(write: NodeWriter): string {
  const flat = write.add('Reshape', ['images', write.ints([-1])]);
  return write.add('ReduceMean', [flat], { axes: [0], keepdims: 1 });
}

function addGiven(write: NodeWriter, { name, dims, values, type = 'float' }: Given, nothing: string): void {
  const isEmpty = dims.includes(0);
  const flat = write.floats(values, [values.length]);
  const shaped = write.add('Reshape', [write.add('Add', [flat, nothing]), write.ints(isEmpty ? [-1] : dims)]);
  const sized = isEmpty ? write.add('Reshape', [shaped, write.ints(dims)], { allowzero: 1 }) : shaped;
  if (type === 'float') write.add('Identity', [sized], {}, name);
  else write.add('Cast', [sized], { to: DataType.INT64 }, name);
}

function addPlanes(write: NodeWriter, { name, stride, channels }: NonNullable<InstanceGraph['planes']>): void {
  const weights = write.floats(
    channels.flatMap((weights) => weights.slice(0, 3)),
    [channels.length, 3, 1, 1],
  );
  const biases = write.floats(
    channels.map(([, , , bias]) => bias),
    [channels.length],
  );
  const mixed = write.add('Conv', ['images', weights, biases]);
  const sides = { kernel_shape: [stride, stride], strides: [stride, stride] };
  if (stride === 1) write.add('Identity', [mixed], {}, name);
  else write.add('AveragePool', [mixed], sides, name);
}

type Changes = Partial<Omit<InstanceManifestSource, 'input' | 'output'>> & {
  readonly input?: Partial<InstanceManifestSource['input']>;
};

/** A package for a graph of these sides. Without `background` it is loaded with one behind its labels, as loadPackage does. */
export function instanceSpec(
  output: InstanceManifestSource['output'],
  [height, width]: readonly [number, number],
  labels: readonly string[],
  changes: Changes = {},
): InstanceSpec {
  const { input, ...rest } = changes;
  const manifest = InstanceManifestSchema.parse({
    schema: 1,
    name: 'things',
    version: '1',
    task: 'instance',
    licence: 'none',
    graph: 'things.onnx',
    ...rest,
    input: { size: { rule: 'fixed', width, height }, fit: 'letterbox', kernel: 'nearest', ...input },
    output,
  });
  const isAdded = manifest.background === undefined;
  const named = isAdded ? [...labels, 'background'] : [...labels];
  const colors = named.flatMap((_, index) =>
    isAdded && index === labels.length ? [0, 0, 0] : [40 * index, 255 - 40 * index, 90],
  );
  return {
    ref: 'things:1',
    manifest: isAdded ? { ...manifest, background: labels.length } : manifest,
    folder: '/nowhere',
    labels: named,
    palette: Uint8Array.from(colors),
    ...(isAdded ? { backgroundAdded: true } : {}),
  };
}

/** The graph as it is, with nothing fused into it. */
export function asItIs(bytes: Uint8Array): PreparedGraph {
  const signature = signatureOf(bytes);
  return {
    bytes,
    form: 'plain',
    inputName: 'images',
    outputNames: signature.outputs.map(({ name }) => name),
    batchSize: 1,
    note: 'plain',
    signature,
  };
}
