import type { GraphProto } from './gen/onnx_pb.ts';
import { graphsWithin } from './subgraphs.ts';

/** The names of a model's values and nodes, those inside subgraphs too, so that new ones never meet an old one. */
export class ValueNames {
  readonly #graph: GraphProto;
  readonly #values: Set<string>;
  readonly #nodes: Set<string>;

  constructor(graph: GraphProto) {
    this.#graph = graph;
    this.#values = new Set(valuesIn(graph));
    this.#nodes = new Set(nodesIn(graph));
  }

  /** `wish`, or `wish_2`, `wish_3` … where a value or a node has it; the answer is taken from then on. */
  fresh(wish: string): string {
    let name = wish;
    for (let count = 2; this.#values.has(name) || this.#nodes.has(name); count++) name = `${wish}_${count}`;
    this.#values.add(name);
    return name;
  }

  /** Keeps others from taking a value name of our own; false when a value of the model has it already. */
  reserve(name: string): boolean {
    if (this.#values.has(name)) return false;
    this.#values.add(name);
    return true;
  }

  /**
   * Renames a value everywhere, subgraphs included. `to` must be in use nowhere: then replacing every mention by the same new
   * name keeps the meaning, even where a subgraph has a value of its own under the old name.
   */
  rename(from: string, to: string): void {
    renameEverywhere(this.#graph, from, to);
    this.#values.delete(from);
    this.#values.add(to);
  }
}

function* nodesIn(graph: GraphProto): Generator<string> {
  for (const inner of graphsWithin(graph)) for (const { name } of inner.node) yield name;
}

function* valuesIn(graph: GraphProto): Generator<string> {
  for (const inner of graphsWithin(graph)) {
    for (const { input, output } of inner.node) {
      yield* input;
      yield* output;
    }
    for (const value of [...inner.input, ...inner.output, ...inner.valueInfo, ...inner.initializer]) yield value.name;
    for (const sparse of inner.sparseInitializer) yield sparse.values?.name ?? '';
  }
}

function renameEverywhere(graph: GraphProto, from: string, to: string): void {
  const renamed = (name: string) => (name === from ? to : name);
  for (const inner of graphsWithin(graph)) {
    for (const node of inner.node) {
      node.input = node.input.map(renamed);
      node.output = node.output.map(renamed);
    }
    for (const value of [...inner.input, ...inner.output, ...inner.valueInfo, ...inner.initializer]) {
      if (value.name === from) value.name = to;
    }
    for (const { values } of inner.sparseInitializer) if (values?.name === from) values.name = to;
    for (const annotation of inner.quantizationAnnotation) {
      if (annotation.tensorName === from) annotation.tensorName = to;
      for (const entry of annotation.quantParameterTensorNames) if (entry.value === from) entry.value = to;
    }
  }
}
