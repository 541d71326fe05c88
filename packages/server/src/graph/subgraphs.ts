import type { AttributeProto, GraphProto, NodeProto } from './gen/onnx_pb.ts';

/** Graphs inside a node: the branches of If, the bodies of Loop and Scan. */
export function subgraphsOf(node: NodeProto): GraphProto[] {
  return node.attribute.flatMap(graphsOf);
}

/** The graph and all graphs inside its nodes, outermost first. */
export function* graphsWithin(graph: GraphProto): Generator<GraphProto> {
  yield graph;
  for (const node of graph.node) {
    for (const inner of subgraphsOf(node)) yield* graphsWithin(inner);
  }
}

/** Names that a subgraph reads from the graphs around it (and some that it does not: a name too many only keeps a node too many). */
export function namesReadWithin(graph: GraphProto): Set<string> {
  const read = new Set<string>();
  for (const inner of graphsWithin(graph)) {
    for (const node of inner.node) for (const name of node.input) read.add(name);
    for (const output of inner.output) read.add(output.name);
  }
  return read;
}

function graphsOf(attribute: AttributeProto): GraphProto[] {
  return attribute.g === undefined ? attribute.graphs : [attribute.g, ...attribute.graphs];
}
