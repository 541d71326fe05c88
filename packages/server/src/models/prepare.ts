import path from 'node:path';
import { type ManifestOutput, namedOutputs } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import {
  findsInstances,
  type GraphSpec,
  type GraphVariant,
  type InstanceSpec,
  isPromptable,
  type ModelSpec,
  type PanopticSpec,
  type PictureSpec,
  type PreparedGraph,
  type PromptableSpec,
  takesPictures,
  trimapOf,
} from '../domain/modelSpec.ts';
import { lookAlikeOf } from '../domain/promptableLookAlike.ts';
import type { ModelSignature } from '../domain/tensor.ts';
import { fuse } from '../graph/fuse.ts';
import type { FusionResult, FusionSpec } from '../graph/fusionSpec.ts';
import { GraphError } from '../graph/graphError.ts';
import { inspect } from '../graph/inspect.ts';
import { pinPaddingMask } from '../graph/pinPaddingMask.ts';
import { signatureOf } from '../graph/signature.ts';
import { queriesOf, queryOutputs } from './queryOutputs.ts';
import { readGraph } from './readGraph.ts';
import { scoredQueries } from './semanticQueries.ts';
import { trimapNameIn, trimapNote } from './trimapInputs.ts';

/**
 * The graph that a session is made from: fused where the manifest and the graph allow it, otherwise the plain one with
 * the reason. Throws Fault `model_invalid` when the file is no model, or when manifest and graph contradict each other.
 */
export async function prepareGraph(spec: GraphSpec, variant: GraphVariant): Promise<PreparedGraph> {
  const file = path.join(spec.folder, spec.manifest.graph);
  try {
    const bytes = await readGraph(spec.folder, file);
    const signature = signatureOf(bytes);
    if (isPromptable(spec) && variant !== 'exported') return promptable(spec, variant, bytes, signature);
    if (variant === 'exported' || !takesPictures(spec)) return exported(bytes, signature);
    const scored = scoredQueries(spec, bytes);
    if (scored) return { ...ofPictures(scored.spec, variant, scored.bytes, scored.signature), signature };
    return ofPictures(spec, variant, bytes, signature);
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    throw new Fault('model_invalid', `${spec.ref} (${spec.manifest.graph}): ${error.message}.`, { cause: error });
  }
}

/** The graph of a model that takes pictures and nothing else but a trimap. */
function ofPictures(
  spec: PictureSpec,
  variant: GraphVariant,
  bytes: Uint8Array,
  signature: ModelSignature,
): PreparedGraph {
  if (findsInstances(spec)) return foundByInstance(spec, bytes, signature);
  if (trimapOf(spec.manifest)) return withTrimap(spec, bytes, signature);
  if (spec.manifest.fusion === 'off') return plain(spec, bytes, signature, 'not fused: the manifest says fusion: off');
  if (spec.manifest.task === 'classification') return front(spec, bytes, signature);
  if (variant === 'scores') return front(spec, bytes, signature);
  return fused(bytes, signature, fusionSpecOf(spec, variant));
}

/** What fusion is asked to do for this manifest. */
export function fusionSpecOf(spec: PictureSpec, variant: GraphVariant): FusionSpec {
  const { input, task, labels } = spec.manifest;
  const output = mapOutputOf(spec);
  const isMatting = task === 'matting';
  const score = !isMatting && variant === 'score' && output.kind !== 'labels';
  const grows = !isMatting && output.upsample !== undefined && output.upsample !== 'nearest';
  const { size } = input;
  const kernel = input.kernel === 'lanczos' ? 'cubic' : input.kernel;
  return {
    input: {
      layout: input.layout,
      channels: input.channels,
      scale: input.scale,
      mean: input.mean,
      std: input.std,
      ...(input.name === undefined ? {} : { name: input.name }),
      ...(size.rule === 'fixed' ? { size: { width: size.width, height: size.height } } : {}),
      ...(input.resizeIn === 'graph' ? { resize: kernel } : {}),
    },
    output: {
      kind: output.kind,
      layout: output.layout ?? input.layout,
      foreground: output.foreground,
      threshold: output.threshold,
      ...(output.name === undefined ? {} : { name: output.name }),
      ...(grows && output.upsample ? { resize: output.upsample } : {}),
    },
    // On a CPU several pictures in one run cost as much as one after the other; on a GPU they share the launch.
    freeBatch: spec.manifest.providers[0] !== 'cpu',
    want: { ...mainOutput(task), score, nan: output.kind !== 'labels' },
    ...(labels === undefined || isMatting ? {} : { classes: spec.labels.length }),
  };
}

/** What the graph of a task gives of every picture. */
export function mainOutput(task: string): FusionSpec['want'] {
  return task === 'matting' ? { alpha: true } : { labels: true };
}

/** What fusion has to know of an output; an instance model's stay as they are. */
function mapOutputOf({ manifest }: PictureSpec): ManifestOutput {
  if (manifest.task !== 'instance' && manifest.task !== 'panoptic') return manifest.output;
  return { kind: 'probabilities', foreground: 0, threshold: manifest.output.threshold };
}

function fused(bytes: Uint8Array, signature: ModelSignature, fusionSpec: FusionSpec): PreparedGraph {
  const result = fuse(bytes, fusionSpec);
  const [batch] = result.input.dims;
  return {
    bytes: result.model,
    form: 'fused',
    inputName: result.input.name,
    outputNames: result.outputs,
    batchSize: typeof batch === 'number' ? batch : undefined,
    note: fusionNote(result),
    signature,
  };
}

/** Only the way in is put into the graph: the scores that it gives are counted outside. */
function front(spec: PictureSpec, bytes: Uint8Array, signature: ModelSignature): PreparedGraph {
  const { name } = pick(spec, 'output', signature.outputs, mapOutputOf(spec).name);
  if (spec.manifest.task === 'classification') checkClasses(spec, signature, name);
  const { input, output, ...rest } = fusionSpecOf(spec, 'answer');
  const made = fused(bytes, signature, { ...rest, input, output: { ...output, name }, want: {} });
  return { ...made, form: 'front', outputNames: inspect(made.bytes).outputs.map((value) => value.name) };
}

/**
 * Only the way in is put into the graph, where it has the form for it: boxes and masks are read outside. Pictures run one by
 * one, since the number of instances differs from picture to picture.
 */
function foundByInstance(
  spec: InstanceSpec | PanopticSpec,
  bytes: Uint8Array,
  signature: ModelSignature,
): PreparedGraph {
  checkOutputNames(spec, signature);
  const queries = queriesOf(spec);
  if (queries === undefined) return frontAlone(spec, bytes, signature);
  const outputNames = queryOutputs(queries, signature);
  const pinned = pinPaddingMask(bytes);
  return { ...frontAlone(spec, pinned, signatureOf(pinned)), outputNames, signature };
}

/** A promptable model's encoder, its decoder, or the one graph that is both. */
async function promptable(
  spec: PromptableSpec,
  variant: GraphVariant,
  bytes: Uint8Array,
  signature: ModelSignature,
): Promise<PreparedGraph> {
  const { decoder } = spec.manifest;
  if (decoder === undefined) return exported(bytes, signature);
  if (variant !== 'decoder') return frontAlone(lookAlikeOf(spec), bytes, signature);
  const graph = await readGraph(spec.folder, path.join(spec.folder, decoder.graph));
  return exported(graph, signatureOf(graph));
}

/** What the graph gives stays as it is, and only the way in is put into it where it has the form for it. */
function frontAlone(spec: PictureSpec, bytes: Uint8Array, signature: ModelSignature): PreparedGraph {
  const outputNames = signature.outputs.map((value) => value.name);
  const asItIs = (note: string): PreparedGraph => {
    const { name } = pick(spec, 'input', signature.inputs, spec.manifest.input.name);
    return { bytes, form: 'plain', inputName: name, outputNames, batchSize: 1, note, signature };
  };
  if (spec.manifest.fusion === 'off') return asItIs('not fused: the manifest says fusion: off');
  try {
    const made = fused(bytes, signature, { ...fusionSpecOf(spec, 'answer'), want: {} });
    return { ...made, form: 'front', outputNames: inspect(made.bytes).outputs.map(({ name }) => name), batchSize: 1 };
  } catch (error) {
    if (!(error instanceof GraphError)) throw error;
    return asItIs(`not fused: ${error.message}`);
  }
}

/** Outputs that the manifest names must be there. */
function checkOutputNames({ ref, manifest }: InstanceSpec | PanopticSpec, { outputs }: ModelSignature): void {
  const known = outputs.map(({ name }) => name);
  for (const [key, name] of namedOutputs(manifest.output)) {
    if (known.includes(name)) continue;
    throw Fault.expected('model_invalid', `output.${key} of ${ref} to be one of ${known.join(', ')}`, name);
  }
}

/** A list of labels that belongs to another model is found when the model loads, where the graph says its classes. */
function checkClasses({ ref, labels }: ModelSpec, { outputs }: ModelSignature, name: string): void {
  const classes = outputs.find((output) => output.name === name)?.dims[1];
  if (typeof classes !== 'number' || classes === labels.length) return;
  const received = `"${name}" of ${classes} classes`;
  throw Fault.expected(
    'model_invalid',
    `an output with a score for each of the ${labels.length} labels of ${ref}`,
    received,
  );
}

/** The graph as it is in the file, for whoever brings the tensors. */
function exported(bytes: Uint8Array, signature: ModelSignature): PreparedGraph {
  const { inputs, outputs } = signature;
  return {
    bytes,
    form: 'plain',
    inputName: inputs[0]?.name ?? '',
    outputNames: outputs.map(({ name }) => name),
    batchSize: undefined,
    note: 'as exported: raw tensors in, raw tensors out',
    signature,
  };
}

/** One sentence for `inspect`, the model's page and the log. */
export function fusionNote({
  fusedFront,
  fusedBack,
  notes,
}: Pick<FusionResult, 'fusedFront' | 'fusedBack' | 'notes'>): string {
  const front = fusedFront.length > 0 ? fusedFront.join(', ') : 'nothing';
  const back = fusedBack.length > 0 ? fusedBack.join(', ') : 'nothing';
  const remarks = notes.length > 0 ? ` (${notes.join('; ')})` : '';
  return `fused: ${front} in front; ${back} behind${remarks}`;
}

function plain(
  spec: PictureSpec,
  bytes: Uint8Array,
  signature: ModelSignature,
  note: string,
  otherInput?: string,
): PreparedGraph {
  const { input } = spec.manifest;
  const output = mapOutputOf(spec);
  const grows = spec.manifest.task === 'semantic' && (output.upsample ?? 'nearest') !== 'nearest';
  const wish =
    input.resizeIn === 'graph' ? 'input.resizeIn: graph' : grows ? `output.upsample: ${output.upsample}` : undefined;
  if (wish) throw new Fault('model_invalid', `${spec.ref}: ${wish} needs fusion, but it is ${note}.`);
  const info = inspect(bytes);
  const inputs = info.inputs.filter((value) => !value.initialiser && value.name !== otherInput);
  const picture = pick(spec, 'input', inputs, input.name);
  const scores = pick(spec, 'output', info.outputs, output.name);
  if (spec.manifest.task === 'classification') checkClasses(spec, signature, scores.name);
  const batch = picture.dims?.[0];
  return {
    bytes,
    form: 'plain',
    inputName: picture.name,
    outputNames: [scores.name],
    batchSize: typeof batch === 'number' ? batch : undefined,
    note,
    signature,
  };
}

/** The trimap's channels are put beside the picture's outside, so nothing is put into the graph. */
function withTrimap(spec: PictureSpec, bytes: Uint8Array, signature: ModelSignature): PreparedGraph {
  const trimapName = trimapNameIn(spec, signature);
  const made = plain(spec, bytes, signature, trimapNote(trimapName), trimapName);
  return trimapName === undefined ? made : { ...made, trimapName };
}

function pick<Value extends { readonly name: string }>(
  spec: ModelSpec,
  what: 'input' | 'output',
  values: readonly Value[],
  name: string | undefined,
): Value {
  const found = name === undefined ? values[0] : values.find((value) => value.name === name);
  const unclear = name === undefined && values.length > 1;
  if (found && !unclear) return found;
  const known = values.map((value) => value.name).join(', ');
  throw Fault.expected('model_invalid', `${what}.name of ${spec.ref} to be one of ${known}`, name ?? 'nothing');
}
