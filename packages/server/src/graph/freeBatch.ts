import type { BatchFact } from './batchFact.ts';
import { batchRules } from './batchRules.ts';
import { numbersOf, tensorOfConstant } from './constantTensor.ts';
import type { Draft } from './draft.ts';
import type { NodeProto, TensorProto, ValueInfoProto } from './gen/onnx_pb.ts';
import { NodeWriter } from './nodeWriter.ts';
import { isStandardDomain } from './onnxFile.ts';
import { sidesOf } from './operators.ts';
import { subgraphsOf } from './subgraphs.ts';
import { tensorInfo } from './tensorInfo.ts';

/** The first number of a constant vector that has the batch of 1 baked in, and what it becomes. */
interface Change {
  readonly node: NodeProto;
  readonly at: number;
  readonly first: 0 | 'batch';
}

/**
 * Makes the fixed batch of 1 of a graph with one input free, where every operator between the input and the outputs is known to keep pictures apart; otherwise the
 * batch stays and a note names the operator that stood in the way. Nothing is guessed: mixing two users' pictures would be worse
 * than running them one by one.
 */
export function freeBatch(draft: Draft): void {
  const { graph } = draft.model;
  const [input] = graph.input;
  const dims = input && tensorInfo(input)?.dims;
  if (input === undefined || dims?.[0] !== 1) return;

  const facts = new Map<string, BatchFact>(graph.initializer.map((tensor) => [tensor.name, constantFact(tensor)]));
  facts.set(input.name, { kind: 'batched', rank: dims.length });
  const changes: Change[] = [];
  for (const node of graph.node) {
    const fact = factOf(draft, node, facts, changes);
    if (fact === undefined) {
      draft.notes.push(`the batch stays 1: ${node.opType} "${node.name}" may mix pictures or has the batch built in`);
      return;
    }
    for (const name of node.output) facts.set(name, fact);
  }
  const fixed = graph.output.find((output) => facts.get(output.name)?.kind !== 'batched');
  if (fixed !== undefined) {
    draft.notes.push(`the batch stays 1: output "${fixed.name}" does not follow it`);
    return;
  }
  applyChanges(draft, changes);
  // What is declared of values inside says 1 still.
  graph.valueInfo = graph.valueInfo.filter((value) => facts.get(value.name)?.kind !== 'batched');
  for (const value of [input, ...graph.output]) declareFree(value);
  draft.notes.push('the batch, fixed to 1 in the file, is free: every operator keeps pictures apart');
}

function factOf(
  draft: Draft,
  node: NodeProto,
  facts: Map<string, BatchFact>,
  changes: Change[],
): BatchFact | undefined {
  const constant = tensorOfConstant(node);
  if (constant !== undefined) return constantFact(constant);
  if (subgraphsOf(node).length > 0 || node.opType.startsWith('Random')) return undefined;
  // A value that nothing is known of, such as a sparse weight, must not pass for an optional input left out.
  if (node.input.some((name) => name !== '' && !facts.has(name))) return undefined;
  const inputs = node.input.map((name) => facts.get(name));
  if (inputs.every((fact) => fact === undefined || fact.kind === 'constant')) {
    return { kind: 'constant', dims: undefined, numbers: undefined };
  }
  const rule = isStandardDomain(node.domain) ? batchRules.get(node.opType) : undefined;
  return rule?.({
    node,
    opset: draft.opset,
    facts: inputs,
    declaredOneRow: isDeclaredOneRow(draft, node.output[0]),
    changeFirst: (at, first) => changes.push({ node, at, first }),
  });
}

function isDeclaredOneRow({ model: { graph } }: Draft, name: string | undefined): boolean {
  const value = [...graph.valueInfo, ...graph.output].find((candidate) => candidate.name === name);
  return value !== undefined && tensorInfo(value)?.dims?.[0] === 1;
}

function constantFact(tensor: TensorProto): BatchFact {
  return { kind: 'constant', dims: tensor.dims.map(Number), numbers: numbersOf(tensor) };
}

/** Each changed vector gets a copy, since others may read the old one. */
function applyChanges(draft: Draft, changes: readonly Change[]): void {
  const { graph } = draft.model;
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const node of graph.node) {
    const tensor = tensorOfConstant(node);
    if (tensor !== undefined) constants.set(node.output[0]!, tensor);
  }
  for (const { node, at, first } of changes) {
    const write = new NodeWriter(draft.names, draft.opset);
    const [, ...rest] = numbersOf(constants.get(node.input[at]!)!)!;
    node.input[at] =
      first === 0
        ? write.ints([0, ...rest])
        : write.add('Concat', [sidesOf(write, node.input[0]!, 0, 1), write.ints(rest)], { axis: 0 });
    graph.node.splice(graph.node.indexOf(node), 0, ...write.nodes);
    graph.initializer.push(...write.initializers);
  }
}

function declareFree(value: ValueInfoProto): void {
  const kind = value.type?.value;
  const first = kind?.case === 'tensorType' ? kind.value.shape?.dim[0] : undefined;
  if (first !== undefined) first.value = { case: 'dimParam', value: 'batch' };
}
