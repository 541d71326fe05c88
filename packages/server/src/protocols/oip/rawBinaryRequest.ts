import { Fault } from '../../domain/fault.ts';
import { type ElementType, elementBytes, type ModelSignature } from '../../domain/tensor.ts';
import { datatypeOf, elementTypeOf } from './datatypes.ts';
import { imageInputName } from './inference.ts';
import type { HttpInferRequest } from './parseInfer.ts';
import { tensorOfBytes } from './rawBytes.ts';
import type { WireTensor } from './wireTensor.ts';

/**
 * Triton's raw binary request: the body is the only input itself, without JSON before it, and outputs come as bytes. Its shape
 * is what the model says; one free side follows from the number of bytes. Throws Fault.
 */
export function rawBinaryRequest(body: Buffer, { inputs }: ModelSignature): HttpInferRequest {
  const [only] = inputs;
  if (only === undefined || inputs.length > 1) {
    throw Fault.expected(
      'invalid_request',
      'a model with one input for a body without JSON',
      `${inputs.length} inputs`,
    );
  }
  const { name, dims } = only;
  const type = elementTypeOf(datatypeOf(only.type), name);
  if (type === 'string') return requestOf({ name, type: 'bytes', dims: [1], elements: [body] });
  if (only.anyRank || dims.filter((side) => side === null).length > 1) {
    const expected = `the shape of "${name}" in JSON, as the model leaves more than one side free`;
    throw Fault.expected('invalid_request', expected, 'bytes alone');
  }
  return requestOf(tensorOfBytes(name, type, filledIn(dims, type, body.length), body));
}

/** The same with an encoded picture as the body. */
export function rawPictureRequest(body: Buffer): HttpInferRequest {
  return requestOf({ name: imageInputName, type: 'bytes', dims: [1], elements: [body] });
}

function filledIn(dims: readonly (number | null)[], type: Exclude<ElementType, 'string'>, bytes: number): number[] {
  const known = dims.reduce<number>((product, side) => product * (side ?? 1), elementBytes[type]);
  return dims.map((side) => side ?? (known === 0 ? 0 : Math.floor(bytes / known)));
}

function requestOf(input: WireTensor): HttpInferRequest {
  return { id: '', parameters: {}, inputs: [input], outputs: [], isBinaryOutput: true };
}
