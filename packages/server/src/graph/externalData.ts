import { elementTypeName, rawBytes } from './elementType.ts';
import {
  type AttributeProto,
  TensorProto_DataLocation as DataLocation,
  type GraphProto,
  type NodeProto,
  type TensorProto,
} from './gen/onnx_pb.ts';
import { GraphError } from './graphError.ts';
import { type OnnxModel, readModel, writeModel } from './onnxFile.ts';
import { graphsWithin } from './subgraphs.ts';

/** Gives `length` bytes from `offset` of the file at `location`, a checked relative path with "/". */
export type ReadExternal = (location: string, offset: number, length: number) => Uint8Array;

/**
 * Takes tensors that lie in files beside the model into the model itself.
 *
 * @param read is only ever asked for paths below the model's own folder; links are its business
 * @throws {GraphError} for a path that leads elsewhere, bytes that are too few, a length that contradicts the shape, or a sum beyond 2 GiB
 */
export function resolveExternalData(bytes: Uint8Array, read: ReadExternal): Uint8Array {
  const model = readModel(bytes);
  const tensors = [...externalTensors(model)];
  if (tensors.length === 0) return bytes;
  for (const tensor of tensors) inline(tensor, read);
  return writeModel(model);
}

/** Every tensor of the model whose data lies outside, in subgraphs, attributes and functions too. */
export function* externalTensors(model: OnnxModel): Generator<TensorProto> {
  for (const tensor of allTensors(model)) if (tensor.dataLocation === DataLocation.EXTERNAL) yield tensor;
}

/** The file a tensor's data lies in, checked. @throws {GraphError} for a path that leads out of the model's folder */
export function externalLocation(tensor: TensorProto): string {
  const location = entry(tensor, 'location') ?? '';
  const parts = location.split('/');
  const leadsOut = parts.some((part) => part === '..' || part === '') || /[\\:\0]/.test(location);
  if (leadsOut) {
    throw new GraphError(
      `Expected the data of tensor "${tensor.name}" in a file below the model's folder but its location is ${JSON.stringify(location)}`,
    );
  }
  return location;
}

function inline(tensor: TensorProto, read: ReadExternal): void {
  const location = externalLocation(tensor);
  const count = tensor.dims.reduce((product, dim) => product * Number(dim), 1);
  const expected = rawBytes(tensor.dataType, count);
  const offset = wholeNumber(tensor, 'offset') ?? 0;
  const length = wholeNumber(tensor, 'length') ?? expected;
  if (expected === undefined || length !== expected) {
    throw new GraphError(
      `Expected ${expected ?? 'no'} external bytes for tensor "${tensor.name}" (${elementTypeName(tensor.dataType)} [${tensor.dims}]) but the model says ${length}`,
    );
  }
  const data = read(location, offset, length);
  if (data.length !== length) {
    throw new GraphError(
      `Expected ${length} bytes at ${offset} of "${location}" for tensor "${tensor.name}" but got ${data.length}`,
    );
  }
  tensor.rawData = data;
  tensor.externalData = [];
  tensor.dataLocation = DataLocation.DEFAULT;
}

function wholeNumber(tensor: TensorProto, key: string): number | undefined {
  const text = entry(tensor, key);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text)) {
    throw new GraphError(
      `Expected the ${key} of tensor "${tensor.name}" to be a whole number but it is ${JSON.stringify(text)}`,
    );
  }
  return Number(text);
}

function entry(tensor: TensorProto, key: string): string | undefined {
  return tensor.externalData.find((candidate) => candidate.key === key)?.value;
}

function* allTensors(model: OnnxModel): Generator<TensorProto> {
  yield* tensorsOf(model.graph);
  for (const body of model.functions) for (const node of body.node) yield* tensorsOfNode(node);
  for (const { initialization, algorithm } of model.trainingInfo) {
    if (initialization) yield* tensorsOf(initialization);
    if (algorithm) yield* tensorsOf(algorithm);
  }
}

function* tensorsOf(graph: GraphProto): Generator<TensorProto> {
  for (const inner of graphsWithin(graph)) {
    yield* inner.initializer;
    for (const sparse of inner.sparseInitializer) yield* present(sparse.values, sparse.indices);
    for (const node of inner.node) for (const attribute of node.attribute) yield* ownTensors(attribute);
  }
}

function* tensorsOfNode(node: NodeProto): Generator<TensorProto> {
  for (const attribute of node.attribute) {
    yield* ownTensors(attribute);
    for (const graph of attribute.g === undefined ? attribute.graphs : [attribute.g]) yield* tensorsOf(graph);
  }
}

function* ownTensors(attribute: AttributeProto): Generator<TensorProto> {
  yield* present(attribute.t, attribute.sparseTensor?.values, attribute.sparseTensor?.indices);
  yield* attribute.tensors;
  for (const sparse of attribute.sparseTensors) yield* present(sparse.values, sparse.indices);
}

function* present(...tensors: (TensorProto | undefined)[]): Generator<TensorProto> {
  for (const tensor of tensors) if (tensor !== undefined) yield tensor;
}
