/// <reference lib="esnext.float16" />
import type { Tensor } from 'onnxruntime-node';
import { Fault } from '../../../domain/fault.ts';
import { notNumbers } from '../../notNumbers.ts';
import { floats } from '../../readPlain.ts';

/** What a graph gave for one picture, by name. */
export type Outputs = ReadonlyMap<string, Tensor>;

/** How an output that nobody named is told: by its number of sides, and by what they are. */
export interface Looks {
  /** What it is, as an error says it: "boxes [N,4]". */
  readonly what: string;
  readonly fits: (dims: readonly number[], type: string) => boolean;
}

/** The output of that name, or the only one that looks so. Throws Fault `model_invalid` that names both sides. */
export function outputOf(outputs: Outputs, key: string, name: string | undefined, { what, fits }: Looks): Tensor {
  const given = name === undefined ? undefined : outputs.get(name);
  if (given !== undefined && fits(given.dims, given.type)) return given;
  if (given !== undefined) {
    throw Fault.expected('model_invalid', `output.${key} "${name}" to be ${what}`, shown(given));
  }
  const found = [...outputs].filter(([, { dims, type }]) => fits(dims, type));
  const [only] = found;
  if (only !== undefined && found.length === 1) return only[1];
  const listed = [...outputs].map(([one, tensor]) => `"${one}" ${shown(tensor)}`).join(', ');
  const hint = found.length > 1 ? ` (more than one may be meant: name it with output.${key})` : '';
  throw Fault.expected('model_invalid', `one output of ${what}${hint}`, listed === '' ? 'none' : listed);
}

export function shown({ type, dims }: Tensor): string {
  return `${type} [${dims.join(',')}]`;
}

export function isFloat(type: string): boolean {
  return type.startsWith('float');
}

/** Class numbers of any type. */
export function integers({ data }: Tensor): Int32Array {
  return Int32Array.from(data as ArrayLike<number | bigint>, Number);
}

/** Mask values of any type; yes and no are 1 and 0. */
export function numbers(tensor: Tensor): Float32Array {
  const { data, type } = tensor;
  if (isFloat(type)) return floats(tensor);
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}

/** A score that is no number would sort anywhere and pass any threshold. */
export function checkScore(score: number): void {
  if (Number.isNaN(score)) throw notNumbers();
}
