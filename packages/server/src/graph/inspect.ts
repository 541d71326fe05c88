import { elementTypeName } from './elementType.ts';
import { endingOf } from './ending.ts';
import { externalTensors } from './externalData.ts';
import {
  TensorProto_DataType as DataType,
  type GraphProto,
  type TensorProto,
  type ValueInfoProto,
} from './gen/onnx_pb.ts';
import { fusionMark, isStandardDomain, type OnnxModel, readModel, standardOpset } from './onnxFile.ts';
import { graphsWithin } from './subgraphs.ts';
import { type Dim, tensorInfo } from './tensorInfo.ts';

export interface GraphValue {
  readonly name: string;
  /** float32, uint8 …; undefined when the value is no tensor. */
  readonly type: string | undefined;
  /** Numbers, symbols, or null where a side is not said; undefined when not even the number of sides is. */
  readonly dims: readonly (number | string | null)[] | undefined;
  /** An input that has a value in the file: a weight, not something to feed. */
  readonly initialiser: boolean;
}

export interface GraphInfo {
  readonly irVersion: number;
  /** Version of the standard operators. */
  readonly opset: number;
  /** Versions of the other operator sets that the file names, by domain. */
  readonly otherOpsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly (GraphValue & { readonly ending: readonly string[] })[];
  readonly nodes: number;
  /** How often each operator occurs, subgraphs included, most frequent first. */
  readonly operators: Readonly<Record<string, number>>;
  readonly parameters: number;
  readonly bytes: number;
  readonly precision: 'float32' | 'float16' | 'quantised';
  /** Files beside the model that hold weights; empty when all is inside. */
  readonly externalFiles: readonly string[];
  /** What fusion put in front and behind, in words; undefined for a model as it was trained. */
  readonly fusion: string | undefined;
  readonly guess: {
    readonly layout: 'nchw' | 'nhwc' | undefined;
    readonly task: 'semantic' | 'matting' | 'classification' | undefined;
    readonly kind: 'logits' | 'probabilities' | 'labels' | undefined;
  };
}

/**
 * What an .onnx file says of itself, as plain data, without running it. `guess` is read off shapes and the last operators and may err.
 *
 * @throws {GraphError} when the bytes are no ONNX model
 */
export function inspect(bytes: Uint8Array): GraphInfo {
  const model = readModel(bytes);
  const { graph } = model;
  const initialisers = new Set(graph.initializer.map((tensor) => tensor.name));
  const inputs = graph.input.map((value) => graphValue(value, initialisers));
  const outputs = graph.output.map((value) => ({
    ...graphValue(value, new Set()),
    ending: endingOf(graph, value.name),
  }));
  const operators = operatorCounts(graph);
  return {
    irVersion: Number(model.irVersion),
    opset: standardOpset(model),
    otherOpsets: otherOpsets(model),
    producer: [model.producerName, model.producerVersion].filter(Boolean).join(' '),
    inputs,
    outputs,
    nodes: graph.node.length,
    operators,
    parameters: [...parameters(graph)].reduce((sum, tensor) => sum + elementCount(tensor), 0),
    bytes: bytes.length,
    precision: precisionOf(graph, operators),
    externalFiles: externalFiles(model),
    fusion: fusionMark(model),
    guess: guess(inputs, outputs[0]),
  };
}

function graphValue(value: ValueInfoProto, initialisers: ReadonlySet<string>): GraphValue {
  const info = tensorInfo(value);
  return {
    name: value.name,
    type: info && elementTypeName(info.type),
    dims: info?.dims?.map((dim: Dim) => dim ?? null),
    initialiser: initialisers.has(value.name),
  };
}

function otherOpsets(model: OnnxModel): Record<string, number> {
  const others = model.opsetImport.filter((entry) => !isStandardDomain(entry.domain));
  return Object.fromEntries(others.map((entry) => [entry.domain, Number(entry.version)]));
}

function operatorCounts(graph: GraphProto): Record<string, number> {
  const counts = new Map<string, number>();
  for (const inner of graphsWithin(graph)) {
    for (const { domain, opType } of inner.node) {
      const name = isStandardDomain(domain) ? opType : `${domain}.${opType}`;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
  }
  return Object.fromEntries([...counts].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));
}

/** Weights as initialisers or in Constant nodes; integers that are shapes and axes count too, but they are few. */
function* parameters(graph: GraphProto): Generator<TensorProto> {
  for (const inner of graphsWithin(graph)) {
    yield* inner.initializer;
    for (const node of inner.node) {
      if (node.opType === 'Constant') for (const { t } of node.attribute) if (t !== undefined) yield t;
    }
  }
}

function elementCount(tensor: TensorProto): number {
  return tensor.dims.reduce((product, dim) => product * Number(dim), 1);
}

function precisionOf(graph: GraphProto, operators: Record<string, number>): GraphInfo['precision'] {
  if (
    Object.keys(operators).some((name) => /QLinear|QuantizeLinear|ConvInteger|MatMulInteger|MatMulNBits/.test(name))
  ) {
    return 'quantised';
  }
  let half = 0;
  let full = 0;
  for (const tensor of parameters(graph)) {
    if (tensor.dataType === DataType.FLOAT16 || tensor.dataType === DataType.BFLOAT16) half += elementCount(tensor);
    if (tensor.dataType === DataType.FLOAT) full += elementCount(tensor);
  }
  return half > full ? 'float16' : 'float32';
}

/** As the file writes them, unchecked: this is a report, and reading them is for resolveExternalData. */
function externalFiles(model: OnnxModel): string[] {
  const files = new Set<string>();
  for (const tensor of externalTensors(model)) {
    files.add(tensor.externalData.find((entry) => entry.key === 'location')?.value ?? '');
  }
  return [...files].sort();
}

function guess(inputs: readonly GraphValue[], output: GraphInfo['outputs'][number] | undefined): GraphInfo['guess'] {
  const picture = inputs.find((input) => !input.initialiser && input.dims?.length === 4)?.dims;
  const layout = picture?.[1] === 3 ? 'nchw' : picture?.[3] === 3 ? 'nhwc' : undefined;
  if (output === undefined) return { layout, task: undefined, kind: undefined };
  const { dims, ending } = output;
  const isFloat = output.type?.startsWith('float') ?? false;
  const squashed = ending.includes('Softmax') || ending.includes('Sigmoid');
  const kind = isFloat ? (squashed ? 'probabilities' : 'logits') : 'labels';
  if (dims?.length === 2)
    return { layout, task: isFloat ? 'classification' : undefined, kind: isFloat ? kind : undefined };
  const channels = dims?.length === 4 && isFloat ? dims[layout === 'nhwc' ? 3 : 1] : undefined;
  const task = channels === 1 ? 'matting' : (dims?.length ?? 0) >= 3 ? 'semantic' : undefined;
  return { layout, task, kind };
}
