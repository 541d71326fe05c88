import { Fault } from '../domain/fault.ts';
import {
  elementBytes,
  elementTypes,
  type ModelSignature,
  type Tensor,
  type TensorRequest,
  type TensorSpec,
} from '../domain/tensor.ts';
import { type TensorWork, tensorBytes } from './ticketWork.ts';

/**
 * The request as work for a worker, after everything that can be known without running the graph was checked: names,
 * types, sides, lengths and the sum of bytes. Throws Fault `invalid_request`, or `body_too_large` for the sum.
 */
export function checkTensors(
  ref: string,
  signature: ModelSignature,
  { inputs, outputs }: Pick<TensorRequest, 'inputs' | 'outputs'>,
  bytesMax: number,
): TensorWork {
  const known = new Map(signature.inputs.map((spec) => [spec.name, spec]));
  const seen = new Set<string>();
  for (const tensor of inputs) {
    const spec = known.get(tensor.name);
    if (!spec) throw refused(`inputs of ${ref} (${listed(signature.inputs)})`, quoted(tensor.name));
    if (seen.has(tensor.name)) throw refused(`input ${quoted(tensor.name)} of ${ref} once`, 'it twice');
    seen.add(tensor.name);
    checkTensor(tensor, spec, ref);
  }
  const missing = signature.inputs.find(({ name }) => !seen.has(name));
  if (missing) throw refused(`input ${quoted(missing.name)} of ${ref} (${described(missing)})`, 'none of that name');
  const bytes = inputs.reduce((sum, tensor) => sum + tensorBytes(tensor), 0);
  if (bytes > bytesMax) throw Fault.expected('body_too_large', `tensors of at most ${bytesMax} bytes`, `${bytes}`);
  return { kind: 'tensors', inputs, outputs: checkOutputs(ref, signature, outputs) };
}

/** No names mean all outputs. */
function checkOutputs(ref: string, { outputs }: ModelSignature, names: readonly string[] = []): readonly string[] {
  const wanted = names.length > 0 ? names : outputs.map(({ name }) => name);
  const known = new Map(outputs.map((spec) => [spec.name, spec]));
  const seen = new Set<string>();
  for (const name of wanted) {
    const spec = known.get(name);
    if (!spec) throw refused(`outputs of ${ref} (${listed(outputs)})`, quoted(name));
    if (seen.has(name)) throw refused(`output ${quoted(name)} of ${ref} once`, 'it twice');
    seen.add(name);
    checkCanPass('output', spec, ref);
  }
  return wanted;
}

function checkTensor(tensor: Tensor, spec: TensorSpec, ref: string): void {
  checkCanPass('input', spec, ref);
  const what = `input ${quoted(tensor.name)} of ${ref}`;
  if (tensor.type !== spec.type) throw refused(`${what} as ${spec.type}`, shortened(String(tensor.type)));
  const elements = elementsOf(tensor.dims);
  if (elements === undefined) throw refused(`${what} with sides that are whole numbers`, sides(tensor.dims));
  if (!fits(tensor.dims, spec)) throw refused(`${what} as ${sides(spec.dims)}`, sides(tensor.dims));
  if (tensor.type === 'string') {
    const { length } = tensor.strings;
    if (length !== elements) throw refused(`${elements} strings for ${what} ${sides(tensor.dims)}`, `${length}`);
    const bad = tensor.strings.findIndex((text) => !text.isWellFormed() || text.includes('\0'));
    // The runtime ends a string at its first NUL, and cannot hold half a surrogate pair: both would come back changed.
    if (bad >= 0) throw refused(`text without NUL and half surrogates for ${what}`, `other text in string ${bad}`);
    return;
  }
  const expected = elements * elementBytes[tensor.type];
  const { byteLength } = tensor.bytes;
  if (byteLength !== expected) {
    throw refused(`${expected} bytes for ${what} (${tensor.type} ${sides(tensor.dims)})`, `${byteLength}`);
  }
  if (tensor.type !== 'bool') return;
  const bad = tensor.bytes.findIndex((byte) => byte > 1);
  if (bad >= 0) throw refused(`bytes 0 or 1 for ${what} (bool)`, `${tensor.bytes[bad]} at ${bad}`);
}

function checkCanPass(what: string, { name, type }: TensorSpec, ref: string): void {
  if ((elementTypes as readonly string[]).includes(type)) return;
  throw refused(`tensors of ${elementTypes.join(', ')}`, `${what} ${quoted(name)} of ${ref}, which is ${type}`);
}

function fits(dims: readonly number[], spec: TensorSpec): boolean {
  if (spec.anyRank) return true;
  return dims.length === spec.dims.length && dims.every((side, axis) => (spec.dims[axis] ?? side) === side);
}

/** Undefined when a side is no whole number from 0 on, or their product is no number that a length can be. */
function elementsOf(dims: readonly number[]): number | undefined {
  if (!dims.every((side) => Number.isSafeInteger(side) && side >= 0)) return undefined;
  if (dims.includes(0)) return 0;
  // In doubles a product only grows, so one that was too large for a moment stays too large.
  const elements = dims.reduce((product, side) => product * side, 1);
  return Number.isSafeInteger(elements * 8) ? elements : undefined;
}

function refused(expected: string, received: string): Fault {
  return Fault.expected('invalid_request', expected, received);
}

function listed(specs: readonly TensorSpec[]): string {
  const shown = specs.slice(0, 30).map(({ name }) => name);
  return specs.length > 30 ? `${shown.join(', ')}, … ${specs.length} in all` : shown.join(', ') || 'none';
}

function described(spec: TensorSpec): string {
  return `${spec.type} ${spec.anyRank ? 'of any shape' : sides(spec.dims)}`;
}

function sides(dims: readonly (number | null)[]): string {
  const shown = dims.slice(0, 12).map((side) => side ?? '?');
  return `[${shown.join(',')}${dims.length > 12 ? `, … ${dims.length} sides` : ''}]`;
}

function quoted(name: string): string {
  return JSON.stringify(shortened(name));
}

function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
