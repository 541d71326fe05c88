/**
 * Fusion: a plain model (normalised floats in, scores out) becomes one that takes a picture's bytes and gives the final answer, so that
 * no loop over pixels runs in JavaScript while a request waits. The story, each stage a file beside this one:
 *
 *   draft.ts         open the file; operators too old to be written are refused here
 *   chooseValues.ts  which input takes the picture, which output holds the answer
 *   valueNames.ts    `image`, `labels`, `alpha`, `score` are ours: a model's own values of these names are renamed
 *   prune.ts         what only the dropped outputs needed goes
 *   front.ts         bytes → transpose → channel order → resize → float → x · mul + add
 *   back.ts          scores → resize → argmax, threshold, softmax → bytes
 *   freeBatch.ts     on request a batch fixed to 1 becomes free, where every operator allows it
 *
 * Only standard operators are used, in the form of the model's own opset, and every one of them has its twin in TypeScript
 * (pixelLoops.ts), which serves where fusion is off and proves the fused graph in the tests.
 */

import { fuseBack } from './back.ts';
import { chooseInput, chooseOutput } from './chooseValues.ts';
import { type Draft, openDraft } from './draft.ts';
import { endingOf } from './ending.ts';
import { freeBatch } from './freeBatch.ts';
import { fuseFront } from './front.ts';
import { type FusedOutput, type FusionResult, type FusionSpec, fusedOutputs } from './fusionSpec.ts';
import type { ValueInfoProto } from './gen/onnx_pb.ts';
import { GraphError } from './graphError.ts';
import { markFused, writeModel } from './onnxFile.ts';
import { prune } from './prune.ts';
import { tensorInfo } from './tensorInfo.ts';

/**
 * Puts pre- and post-processing into a model.
 *
 * @param bytes an .onnx file of opset 11 or newer; not changed. Weights beside the file stay references.
 * @returns a model that takes `image`, uint8 [N,H,W,3] in the order R, G, B, and gives the wanted of
 *   `labels` (uint8, above 256 classes uint16, [N,h,w]: the class; of one channel 1 from the threshold on, else 0),
 *   `alpha` (uint8 [N,h,w]: ⌊255 · p(foreground) + ½⌋),
 *   `score` (uint8 [N,h,w]: ⌊255 · p(winner) + ½⌋) and
 *   `nan` (uint8 [N]: 1 where a score of the picture is NaN, else 0).
 *   N, H, W are fixed or free as in the model, but H and W are always free when the graph resizes, and `freeBatch` may free N. With nothing wanted the model's outputs stay.
 * @throws {GraphError} when model and spec contradict each other, or the graph is one that cannot be fused
 */
export function fuse(bytes: Uint8Array, spec: FusionSpec): FusionResult {
  const draft = openDraft(bytes);
  const { graph } = draft.model;
  const wanted = fusedOutputs.filter((name) => spec.want[name]);
  const input = chooseInput(graph, spec.input.name);
  const output =
    wanted.length > 0 || spec.output.name !== undefined ? chooseOutput(graph, spec.output.name) : undefined;
  if (output !== undefined) noteContradictions(draft, output, spec);
  reserveNames(draft, ['image', ...wanted]);

  if (output !== undefined) graph.output = [output];
  const dropped = prune(graph);
  if (dropped > 0) draft.notes.push(`${dropped} nodes that the kept outputs do not need were dropped`);
  refuseOtherInputs(draft, input);

  const front = fuseFront(draft, input, spec.input);
  const nothing = { outputs: [] as FusedOutput[], labelsType: 'uint8' as const, operators: [] as string[] };
  const back = output !== undefined && wanted.length > 0 ? fuseBack(draft, output, front.modelInput, spec) : nothing;
  if (spec.freeBatch) freeBatch(draft);
  if (imageDims(draft)[0] === 1) draft.notes.push('the batch is fixed to 1: pictures run one by one');
  markFused(
    draft.model,
    [front.operators, back.operators].map((operators) => operators.join(' ') || 'nothing').join(' … '),
  );

  return {
    model: writeModel(draft.model),
    input: { name: 'image', type: 'uint8', dims: imageDims(draft) },
    outputs: back.outputs,
    labelsType: back.labelsType,
    opset: draft.opset,
    fusedFront: front.operators,
    fusedBack: back.operators,
    notes: draft.notes,
  };
}

function imageDims({ model }: Draft): (number | string)[] {
  const image = model.graph.input.find((input) => input.name === 'image')!;
  return [...tensorInfo(image)!.dims!] as (number | string)[];
}

function reserveNames({ names, notes }: Draft, ours: string[]): void {
  for (const name of ours) {
    if (names.reserve(name)) continue;
    const other = names.fresh(`${name}_of_model`);
    names.rename(name, other);
    names.reserve(name);
    notes.push(`the model's own "${name}" is now "${other}"`);
  }
}

function noteContradictions({ model, notes }: Draft, output: ValueInfoProto, { output: { kind } }: FusionSpec): void {
  const ending = endingOf(model.graph, output.name);
  const squashed = ending.includes('Softmax') || ending.includes('Sigmoid');
  if (kind === 'logits' && squashed) {
    notes.push(
      `output "${output.name}" comes from ${ending.join(', ')}: it looks like probabilities, and the manifest says logits`,
    );
  }
  if (kind !== 'labels' && ending.includes('ArgMax')) {
    notes.push(
      `output "${output.name}" comes from ${ending.join(', ')}: it looks like labels, and the manifest says ${kind}`,
    );
  }
}

function refuseOtherInputs({ model: { graph } }: Draft, picture: ValueInfoProto): void {
  if (!graph.input.includes(picture)) {
    throw new GraphError(`Expected an answer that depends on input "${picture.name}" but none does`);
  }
  const others = graph.input.filter((input) => input !== picture).map((input) => `"${input.name}"`);
  if (others.length > 0) {
    throw new GraphError(`Expected a model that needs nothing but a picture but it also needs ${others.join(', ')}`);
  }
}
