/**
 * Fusion: a plain model (normalised floats in, scores out) becomes one that takes a picture's bytes and gives the final answer, so that
 * no loop over pixels runs in JavaScript while a request waits. The story, each stage a file beside this one:
 *
 *   draft.ts         open the file; operators too old to be written are refused here
 *   chooseValues.ts  which input takes the picture, which output holds the answer
 *   valueNames.ts    `image`, `labels`, `alpha`, `score` are ours: a model's own values of these names are renamed
 *   front.ts         bytes → transpose → channel order → resize → float → x · mul + add
 *   back.ts          scores → resize → argmax, threshold, softmax → bytes
 *   prune.ts         what only the dropped outputs needed goes
 *
 * Only standard operators are used, in the form of the model's own opset, and every one of them has its twin in TypeScript
 * (pixelLoops.ts), which serves where fusion is off and proves the fused graph in the tests.
 */

import { fuseBack } from './back.ts';
import { chooseInput, chooseOutput } from './chooseValues.ts';
import { type Draft, openDraft } from './draft.ts';
import { endingOf } from './ending.ts';
import { fuseFront } from './front.ts';
import type { FusedOutput, FusionResult, FusionSpec } from './fusionSpec.ts';
import type { ValueInfoProto } from './gen/onnx_pb.ts';
import { GraphError } from './graphError.ts';
import { writeModel } from './onnxFile.ts';
import { prune } from './prune.ts';

/**
 * Puts pre- and post-processing into a model.
 *
 * @param bytes an .onnx file of opset 11 or newer; not changed. Weights beside the file stay references.
 * @returns a model that takes `image`, uint8 [N,H,W,3] in the order R, G, B, and gives the wanted of
 *   `labels` (uint8, above 256 classes uint16, [N,h,w]: the class; of one channel 1 from the threshold on, else 0),
 *   `alpha` (uint8 [N,h,w]: ⌊255 · p(foreground) + ½⌋) and
 *   `score` (uint8 [N,h,w]: ⌊255 · p(winner) + ½⌋).
 *   N, H, W are fixed or free as in the model; H and W are free when the graph resizes. With nothing wanted the model's outputs stay.
 * @throws {GraphError} when model and spec contradict each other, or the graph is one that cannot be fused
 */
export function fuse(bytes: Uint8Array, spec: FusionSpec): FusionResult {
  const draft = openDraft(bytes);
  const { graph } = draft.model;
  const wanted = (['labels', 'alpha', 'score'] as const).filter((name) => spec.want[name]);
  const input = chooseInput(graph, spec.input.name);
  const output =
    wanted.length > 0 || spec.output.name !== undefined ? chooseOutput(graph, spec.output.name) : undefined;
  if (output !== undefined) noteContradictions(draft, output, spec);
  reserveNames(draft, ['image', ...wanted]);

  const front = fuseFront(draft, input, spec.input);
  if (output !== undefined) graph.output = [output];
  const nothing = { outputs: [] as FusedOutput[], labelsType: 'uint8' as const, operators: [] as string[] };
  const back = output !== undefined && wanted.length > 0 ? fuseBack(draft, output, front.modelInput, spec) : nothing;
  const dropped = prune(graph);
  if (dropped > 0) draft.notes.push(`${dropped} nodes that the kept outputs do not need were dropped`);
  refuseOtherInputs(draft);

  return {
    model: writeModel(draft.model),
    input: { name: 'image', type: 'uint8', dims: front.imageDims },
    outputs: back.outputs,
    labelsType: back.labelsType,
    opset: draft.opset,
    fusedFront: front.operators,
    fusedBack: back.operators,
    notes: draft.notes,
  };
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

function refuseOtherInputs({ model }: Draft): void {
  const others = model.graph.input.filter((input) => input.name !== 'image').map((input) => `"${input.name}"`);
  if (others.length > 0) {
    throw new GraphError(`Expected a model that needs nothing but a picture but it also needs ${others.join(', ')}`);
  }
}
