import type { GraphProto, NodeProto } from './gen/onnx_pb.ts';
import { namesReadWithin, subgraphsOf } from './subgraphs.ts';

/**
 * Drops what no output of the graph needs: nodes, initialisers, inputs, and what is said about their values. Whole heads go this
 * way when only one of several outputs is kept.
 *
 * @returns how many nodes were dropped
 */
export function prune(graph: GraphProto): number {
  const nodesBefore = graph.node.length;
  const needed = new Set(graph.output.map((output) => output.name));
  const kept: NodeProto[] = [];
  // Nodes are sorted, so one walk from the back meets every reader before what it reads.
  for (const node of graph.node.toReversed()) {
    if (!node.output.some((name) => name !== '' && needed.has(name))) continue;
    kept.push(node);
    for (const name of node.input) needed.add(name);
    for (const inner of subgraphsOf(node)) for (const name of namesReadWithin(inner)) needed.add(name);
  }
  graph.node = kept.reverse();
  graph.initializer = graph.initializer.filter((tensor) => needed.has(tensor.name));
  graph.sparseInitializer = graph.sparseInitializer.filter((sparse) => needed.has(sparse.values?.name ?? ''));
  graph.input = graph.input.filter((input) => needed.has(input.name));

  const alive = new Set(needed);
  for (const node of kept) for (const name of node.output) alive.add(name);
  const outputs = new Set(graph.output.map((output) => output.name));
  graph.valueInfo = graph.valueInfo.filter((value) => alive.has(value.name) && !outputs.has(value.name));
  graph.quantizationAnnotation = graph.quantizationAnnotation.filter((note) => alive.has(note.tensorName));
  return nodesBefore - kept.length;
}
