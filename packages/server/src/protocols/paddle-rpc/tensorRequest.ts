import { elementBytes, type Tensor } from '../../domain/tensor.ts';
import { operatorFailure } from '../wire/brpc/brpcFailure.ts';
import { elemTypeName, stringType, takenTypes } from './elemTypes.ts';
import type { InferMessage, SentTensor } from './inferMessage.ts';
import { inputNameOf, type Variables } from './variables.ts';

/**
 * The tensors of a request for the engine. Those of types that the original does not read are left out, as it does; when
 * none is left, or a tensor does not have the numbers that its shape says, the operator fails.
 */
export async function inputsOf({ tensors, generation }: InferMessage, variables: Variables): Promise<Tensor[]> {
  if (tensors.length === 0) throw operatorFailure('Expected at least one tensor but received none.');
  const inputs: Tensor[] = [];
  for (const [index, tensor] of tensors.entries()) {
    if (!isTaken(tensor.elemType)) continue;
    const name = inputNameOf(tensor, index, generation === '0.6', variables);
    inputs.push(await tensorOf(tensor, name));
  }
  if (inputs.length > 0) return inputs;
  const received = [...new Set(tensors.map(({ elemType }) => elemTypeName(elemType)))].join(', ');
  const expected = [...takenTypes.keys(), stringType].map(elemTypeName).join(', ');
  throw operatorFailure(`Expected tensors of elem_type ${expected} but received ${received}.`);
}

function isTaken(elemType: number): boolean {
  return elemType === stringType || takenTypes.has(elemType);
}

async function tensorOf(tensor: SentTensor, name: string): Promise<Tensor> {
  const dims = tensor.shape;
  const count = dims.reduce((product, side) => product * side, 1);
  if (dims.some((side) => side < 0)) {
    throw operatorFailure(`Expected a shape of "${name}" without negative sides but received [${dims.join(', ')}].`);
  }
  const taken = takenTypes.get(tensor.elemType);
  if (taken === undefined) {
    const strings = tensor.strings();
    checkCount(name, dims, count, strings.length);
    return { type: 'string', name, dims, strings };
  }
  const bytes = taken.from === 'content' ? await tensor.content() : await tensor.numbers(taken.from);
  checkCount(name, dims, count, bytes.length / elementBytes[taken.type]);
  return { type: taken.type, name, dims, bytes };
}

function checkCount(name: string, dims: readonly number[], expected: number, received: number): void {
  if (expected === received) return;
  const shape = `[${dims.join(', ')}]`;
  throw operatorFailure(`Expected ${expected} elements in "${name}" by its shape ${shape} but received ${received}.`);
}
