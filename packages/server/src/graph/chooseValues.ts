import type { GraphProto, ValueInfoProto } from './gen/onnx_pb.ts';
import { GraphError } from './graphError.ts';

/**
 * The input that takes the picture: the one of that name, or the only one that is no initialiser.
 *
 * @throws {GraphError} listing the inputs there are
 */
export function chooseInput(graph: GraphProto, name: string | undefined): ValueInfoProto {
  const constants = new Set(graph.initializer.map((tensor) => tensor.name));
  const inputs = graph.input.filter((input) => !constants.has(input.name));
  return choose('input', inputs, name);
}

/** The output that holds the answer: the one of that name, or the only one. @throws {GraphError} listing the outputs there are */
export function chooseOutput(graph: GraphProto, name: string | undefined): ValueInfoProto {
  return choose('output', graph.output, name);
}

function choose(role: 'input' | 'output', values: ValueInfoProto[], name: string | undefined): ValueInfoProto {
  const found = name === undefined ? values : values.filter((value) => value.name === name);
  const there = values.length === 0 ? 'none' : values.map((value) => `"${value.name}"`).join(', ');
  if (name !== undefined && found.length === 0) {
    throw new GraphError(`Expected an ${role} named "${name}" but the model has ${there}`);
  }
  if (found.length !== 1) {
    throw new GraphError(`Expected one ${role}, or the manifest to name one, but the model has ${there}`);
  }
  return found[0]!;
}
