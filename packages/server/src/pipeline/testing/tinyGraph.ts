import { create, toBinary } from '@bufbuild/protobuf';
import type { PreparedGraph } from '../../domain/modelSpec.ts';
import {
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  TensorProto_DataType as Type,
} from '../../graph/gen/onnx_pb.ts';
import { signatureOf } from '../../graph/signature.ts';

type Dim = number | string;

interface Node {
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly ints?: Readonly<Record<string, number>>;
  readonly perm?: readonly number[];
}

/** A fused graph whose answer can be foretold: the class is the strongest of red, green and blue, the score its value. */
export function strongestColor(batch: Dim = 'N', withScore = false): PreparedGraph {
  const nodes: Node[] = [
    { opType: 'Cast', input: ['image'], output: ['numbers'], ints: { to: Type.FLOAT } },
    { opType: 'ArgMax', input: ['numbers'], output: ['winner'], ints: { axis: 3, keepdims: 0 } },
    { opType: 'Cast', input: ['winner'], output: ['labels'], ints: { to: Type.UINT8 } },
    { opType: 'TopK', input: ['numbers', 'one'], output: ['top', 'where'], ints: { axis: 3 } },
    { opType: 'Squeeze', input: ['top', 'three'], output: ['best'] },
    { opType: 'Cast', input: ['best'], output: ['score'], ints: { to: Type.UINT8 } },
  ];
  const outputs = withScore ? ['labels', 'score'] : ['labels'];
  return fusedGraph(batch, withScore ? nodes : nodes.slice(0, 3), outputs);
}

/** A fused graph whose opacity is the red channel. */
export function redIsAlpha(batch: Dim = 'N'): PreparedGraph {
  return fusedGraph(
    batch,
    [{ opType: 'Gather', input: ['image', 'zero'], output: ['alpha'], ints: { axis: 3 } }],
    ['alpha'],
  );
}

interface MeanColor {
  /** `plain`: takes normalised numbers, where `front` multiplies by `scale` itself. */
  readonly form?: 'front' | 'plain';
  /** Dimensions of the scores; `map`: they are those of places, as no classifier gives them. */
  readonly rank?: 2 | 4 | 'map';
  readonly scale?: number;
}

/** A classifier whose scores are the mean red, green and blue of the picture. */
export function meanColor({ form = 'front', rank = 2, scale = 1 / 64 }: MeanColor): PreparedGraph {
  const isFront = form === 'front';
  const way: Node[] = [
    { opType: 'Transpose', input: ['image'], output: ['planes'], perm: [0, 3, 1, 2] },
    { opType: 'Cast', input: ['planes'], output: ['numbers'], ints: { to: Type.FLOAT } },
    { opType: 'Mul', input: ['numbers', 'scale'], output: ['x'] },
  ];
  const ends: Readonly<Record<string, Node>> = {
    2: { opType: 'Flatten', input: ['means'], output: ['y'] },
    4: { opType: 'Identity', input: ['means'], output: ['y'] },
    map: { opType: 'Identity', input: ['x'], output: ['y'] },
  };
  const mean: Node = { opType: 'GlobalAveragePool', input: ['x'], output: ['means'] };
  const picture: Value = isFront ? ['image', Type.UINT8, ['N', 'H', 'W', 3]] : ['x', Type.FLOAT, ['N', 3, 'H', 'W']];
  const dims: Dim[] = rank === 2 ? ['N', 3] : ['N', 3, 'h', 'w'];
  const nodes = [...(isFront ? way : []), ...(rank === 'map' ? [] : [mean]), ends[rank]!];
  const bytes = model(nodes, [picture], [['y', Type.FLOAT, dims]], scale);
  const [inputName] = picture;
  const signature = signatureOf(bytes);
  return { bytes, form, inputName, outputNames: ['y'], batchSize: undefined, note: 'tiny', signature };
}

/** A plain graph that gives back what it is fed: three channels of scores. */
export function echo(type: number = Type.FLOAT, batch: Dim = 'N'): PreparedGraph {
  const dims: Dim[] = [batch, 3, 'H', 'W'];
  const node: Node = { opType: 'Identity', input: ['x'], output: ['y'] };
  const bytes = model([node], [['x', type, dims]], [['y', type, dims]]);
  return {
    bytes,
    form: 'plain',
    inputName: 'x',
    outputNames: ['y'],
    batchSize: fixedBatch(batch),
    note: 'plain',
    signature: signatureOf(bytes),
  };
}

function fusedGraph(batch: Dim, nodes: Node[], outputNames: string[]): PreparedGraph {
  const sides: Dim[] = [batch, 'H', 'W'];
  const bytes = model(
    nodes,
    [['image', Type.UINT8, [...sides, 3]]],
    outputNames.map((name) => [name, Type.UINT8, sides]),
  );
  return {
    bytes,
    form: 'fused',
    inputName: 'image',
    outputNames,
    batchSize: fixedBatch(batch),
    note: 'tiny',
    signature: signatureOf(bytes),
  };
}

function fixedBatch(batch: Dim): number | undefined {
  return typeof batch === 'number' ? batch : undefined;
}

type Value = readonly [name: string, type: number, dims: readonly Dim[]];

function model(nodes: readonly Node[], inputs: readonly Value[], outputs: readonly Value[], scale = 1): Uint8Array {
  const proto = create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [{ domain: '', version: 17n }],
    graph: {
      name: 'tiny',
      node: nodes.map(({ opType, input, output, ints = {}, perm }) => ({
        opType,
        input: [...input],
        output: [...output],
        attribute: [
          ...Object.entries(ints).map(([name, value]) => ({ name, type: AttributeType.INT, i: BigInt(value) })),
          ...(perm ? [{ name: 'perm', type: AttributeType.INTS, ints: perm.map(BigInt) }] : []),
        ],
      })),
      initializer: [
        { name: 'zero', dataType: Type.INT64, dims: [], int64Data: [0n] },
        { name: 'scale', dataType: Type.FLOAT, dims: [], floatData: [scale] },
        { name: 'one', dataType: Type.INT64, dims: [1n], int64Data: [1n] },
        { name: 'three', dataType: Type.INT64, dims: [1n], int64Data: [3n] },
      ],
      input: inputs.map(declared),
      output: outputs.map(declared),
    },
  });
  return toBinary(ModelProtoSchema, proto);
}

function declared([name, elemType, dims]: Value) {
  const dim = dims.map((side) =>
    typeof side === 'number'
      ? { value: { case: 'dimValue' as const, value: BigInt(side) } }
      : { value: { case: 'dimParam' as const, value: side } },
  );
  return { name, type: { value: { case: 'tensorType' as const, value: { elemType, shape: { dim } } } } };
}
