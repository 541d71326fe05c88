import { Fault } from '../../domain/fault.ts';
import type { PromptableSpec } from '../../domain/modelSpec.ts';
import type { TensorSpec } from '../../domain/tensor.ts';
import { dimsText } from './decoderRoles.ts';

/**
 * For each embedding that the decoder takes the encoder's output: as the manifest says, by the same name, or the only one
 * for the only one. Types and sides must agree where both graphs say them. Throws Fault `model_invalid`.
 */
export function embeddingSources(
  { ref, manifest }: PromptableSpec,
  embeddings: readonly TensorSpec[],
  outputs: readonly TensorSpec[],
): ReadonlyMap<string, string> {
  const named = manifest.decoder?.embeddings ?? {};
  const known = outputs.map(({ name }) => name);
  const unknown = Object.keys(named).find((name) => !embeddings.some((spec) => spec.name === name));
  if (unknown !== undefined) {
    const expected = `decoder.embeddings of ${ref} to name inputs of the decoder (${embeddings.map(({ name }) => name).join(', ')})`;
    throw Fault.expected('model_invalid', expected, unknown);
  }
  const isOnly = embeddings.length === 1 && outputs.length === 1;
  const sources = new Map<string, string>();
  for (const embedding of embeddings) {
    const source = named[embedding.name] ?? (isOnly ? known[0]! : embedding.name);
    const output = outputs.find(({ name }) => name === source);
    if (!output) {
      const expected = `an encoder output for the decoder's input "${embedding.name}" of ${ref} (${known.join(', ')}), named in decoder.embeddings`;
      throw Fault.expected('model_invalid', expected, source);
    }
    checkFit(ref, embedding, output);
    sources.set(embedding.name, source);
  }
  return sources;
}

function checkFit(ref: string, input: TensorSpec, output: TensorSpec): void {
  const sidesFit =
    input.anyRank ||
    output.anyRank ||
    (input.dims.length === output.dims.length &&
      input.dims.every((side, at) => side === null || output.dims[at] === null || side === output.dims[at]));
  if (sidesFit && input.type === output.type) return;
  const expected = `the encoder of ${ref} to give "${output.name}" as its decoder takes "${input.name}", ${input.type} [${dimsText(input)}]`;
  throw Fault.expected('model_invalid', expected, `${output.type} [${dimsText(output)}]`);
}
