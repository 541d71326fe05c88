import {
  type PanopticOutput,
  type QueriesOutput,
  queryClassNames,
  queryMaskNames,
  type SemanticQueries,
} from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import type { InstanceSpec, PanopticSpec } from '../domain/modelSpec.ts';
import type { ModelSignature, TensorSpec } from '../domain/tensor.ts';

type QueryWords = Pick<QueriesOutput | PanopticOutput | SemanticQueries, 'classes' | 'masks' | 'nullClass'>;
type QuerySpec = { readonly output: QueryWords; readonly labels: number; readonly ref: string };

/** What a model of queries says of its outputs; undefined: it is none. */
export function queriesOf({
  ref,
  manifest,
  labels,
  backgroundAdded,
}: InstanceSpec | PanopticSpec): QuerySpec | undefined {
  const { output } = manifest;
  if (output.family !== 'queries') return undefined;
  return { ref, output, labels: backgroundAdded ? labels.length - 1 : labels.length };
}

/**
 * The names of the two outputs that are read, where they are known before a run; all of them where only shapes can tell.
 * Exports give hidden states besides, which nobody needs. Throws Fault `model_invalid` where the graph's own shapes say
 * that labels or queries do not fit.
 */
export function queryOutputs(spec: QuerySpec, signature: ModelSignature): string[] {
  const { classes, masks } = knownQueryOutputs(spec, signature);
  return classes && masks ? [classes.name, masks.name] : signature.outputs.map(({ name }) => name);
}

/** Those that have the name that the manifest gives, or a usual one. */
export function knownQueryOutputs(
  spec: QuerySpec,
  { outputs }: ModelSignature,
): { readonly classes: TensorSpec | undefined; readonly masks: TensorSpec | undefined } {
  const { output } = spec;
  const classes = named(outputs, output.classes, queryClassNames);
  const masks = named(outputs, output.masks, queryMaskNames);
  if (classes && !classes.anyRank) checkClasses(spec, classes);
  if (classes && masks) checkQueries(spec, classes, masks);
  return { classes, masks };
}

function named(
  outputs: readonly TensorSpec[],
  name: string | undefined,
  usual: readonly string[],
): TensorSpec | undefined {
  const wanted = name === undefined ? usual : [name];
  return wanted.flatMap((one) => outputs.find((output) => output.name === one) ?? [])[0];
}

function checkClasses({ ref, output, labels }: QuerySpec, { name, dims }: TensorSpec): void {
  const columns = dims.at(-1);
  const needed = output.nullClass === 'none' ? labels : labels + 1;
  if (typeof columns !== 'number' || columns === needed) return;
  const rest = output.nullClass === 'none' ? '' : ` and one for nothing (nullClass: ${output.nullClass})`;
  const expected = `an output of ${needed} scores for each query, one for each of the ${labels} labels of ${ref}${rest}`;
  throw Fault.expected('model_invalid', expected, `"${name}" of ${columns}`);
}

function checkQueries({ ref }: QuerySpec, classes: TensorSpec, masks: TensorSpec): void {
  const [own, others] = [classes.dims.at(-2), masks.dims.at(-3)];
  if (typeof own !== 'number' || typeof others !== 'number' || own === others) return;
  const expected = `outputs of ${ref} with as many masks as classes: "${classes.name}" has ${own} queries`;
  throw Fault.expected('model_invalid', expected, `${others} in "${masks.name}"`);
}
