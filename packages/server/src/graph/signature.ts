import type { ModelSignature, TensorSpec } from '../domain/tensor.ts';
import { elementTypeName } from './elementType.ts';
import type { ValueInfoProto } from './gen/onnx_pb.ts';
import { readModel } from './onnxFile.ts';
import { tensorInfo } from './tensorInfo.ts';

/**
 * What the graph takes and gives. Inputs that have a value in the file are weights that old exporters list as inputs,
 * and are left out.
 *
 * @throws {GraphError} when the bytes are no ONNX model
 */
export function signatureOf(bytes: Uint8Array): ModelSignature {
  const { graph } = readModel(bytes);
  const initialisers = new Set(graph.initializer.map(({ name }) => name));
  for (const { values } of graph.sparseInitializer) if (values) initialisers.add(values.name);
  return {
    inputs: graph.input.filter(({ name }) => !initialisers.has(name)).map(specOf),
    outputs: graph.output.map(specOf),
  };
}

function specOf(value: ValueInfoProto): TensorSpec {
  const info = tensorInfo(value);
  const type = info ? elementTypeName(info.type) : (value.type?.value.case?.replace(/Type$/, '') ?? 'unknown');
  if (info?.dims === undefined) return { name: value.name, type, dims: [], anyRank: true };
  return { name: value.name, type, dims: info.dims.map((side) => (typeof side === 'number' ? side : null)) };
}
