import type { GraphProto } from './gen/onnx_pb.ts';

/** Operators that only move or retype values, through which we look for the one that says what an output means. */
const carriers = new Set([
  ...['Cast', 'DequantizeLinear', 'Flatten', 'Identity', 'QuantizeLinear', 'Reshape', 'Resize', 'Slice', 'Squeeze'],
  ...['Transpose', 'Unsqueeze', 'Upsample'],
]);

/** The operators that an output comes from, last first, up to and with the first that is more than a carrier. */
export function endingOf(graph: GraphProto, output: string): string[] {
  const ending: string[] = [];
  for (let name = output; ending.length < 16; ) {
    const node = graph.node.find((candidate) => candidate.output.includes(name));
    if (node === undefined) break;
    ending.push(node.opType);
    if (!carriers.has(node.opType)) break;
    name = node.input[0] ?? '';
  }
  return ending;
}
