import type { GraphProto, NodeProto } from './gen/onnx_pb.ts';
import type { TensorInfo } from './tensorInfo.ts';

/** Operators that keep the number of channels of their first input. */
const keepsChannels = new Set([
  ...['BatchNormalization', 'Cast', 'Clip', 'DequantizeLinear', 'HardSigmoid', 'Identity', 'InstanceNormalization'],
  ...['LeakyRelu', 'PRelu', 'QuantizeLinear', 'Relu', 'Resize', 'Sigmoid', 'Softmax', 'LogSoftmax', 'Upsample'],
]);

/**
 * How many channels a value has: as declared, or else from the weights of the convolution that it comes from (exporters often
 * leave out the shape of an output). Undefined when neither tells.
 */
export function channelCount(graph: GraphProto, name: string, info: TensorInfo, axis: number): number | undefined {
  const declared = info.dims?.[axis];
  if (typeof declared === 'number') return declared;
  return fromProducer(graph, name, 64);
}

function fromProducer(graph: GraphProto, name: string, steps: number): number | undefined {
  const node = graph.node.find((candidate) => candidate.output.includes(name));
  if (node === undefined || steps === 0) return undefined;
  if (node.opType === 'Conv') return weightSide(graph, node, 0);
  if (node.opType === 'ConvTranspose') {
    const groups = Number(node.attribute.find((attribute) => attribute.name === 'group')?.i ?? 1n);
    const perGroup = weightSide(graph, node, 1);
    return perGroup === undefined ? undefined : perGroup * groups;
  }
  return keepsChannels.has(node.opType) ? fromProducer(graph, node.input[0] ?? '', steps - 1) : undefined;
}

function weightSide(graph: GraphProto, conv: NodeProto, side: number): number | undefined {
  const dim = graph.initializer.find((tensor) => tensor.name === conv.input[1])?.dims[side];
  return dim === undefined ? undefined : Number(dim);
}
