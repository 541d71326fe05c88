import { trimapClasses } from '@segserve/contract';
import { Fault } from '../domain/fault.ts';
import { type PictureSpec, trimapOf } from '../domain/modelSpec.ts';
import type { ModelSignature, TensorSpec } from '../domain/tensor.ts';

/** Element types in which a trimap, and a picture beside it, can be given. */
const types = ['float32', 'float16'];

/**
 * The trimap's own input, undefined where it is channels of the picture's. Throws Fault `model_invalid` where manifest and
 * graph say different things of it.
 */
export function trimapNameIn(spec: PictureSpec, signature: ModelSignature): string | undefined {
  const rule = trimapOf(spec.manifest);
  if (rule === undefined) return undefined;
  const channels = rule.encoding === 'value' ? 1 : rule.channels.length;
  const said = rule.encoding === 'value' ? 'encoding: value' : `encoding: onehot of ${rule.channels.length}`;
  const others = signature.inputs.filter(({ name }) => name !== rule.name);
  const picture = spec.manifest.input.name;
  const image = picture === undefined ? others[0] : others.find(({ name }) => name === picture);
  if (rule.name === undefined) {
    if (image) checkInput(spec, image, 3 + channels, `R, G, B and the trimap (${said})`);
    return undefined;
  }
  const own = signature.inputs.find(({ name }) => name === rule.name);
  if (own === undefined) {
    const known = signature.inputs.map(({ name }) => name).join(', ');
    throw Fault.expected('model_invalid', `input.trimap.name of ${spec.ref} to be one of ${known}`, rule.name);
  }
  checkInput(spec, own, channels, `the trimap (${said})`);
  if (image) checkInput(spec, image, 3, 'R, G, B, since the trimap has an input of its own');
  return rule.name;
}

/** Why nothing is put into such a graph. */
export function trimapNote(name: string | undefined): string {
  const where = name === undefined ? 'in channels behind the picture’s' : `in its input "${name}"`;
  return `not fused: it takes a trimap (${trimapClasses.join(', ')}) ${where}`;
}

function checkInput({ ref, manifest }: PictureSpec, input: TensorSpec, channels: number, of: string): void {
  const { layout } = manifest.input;
  if (!types.includes(input.type)) {
    throw Fault.expected('model_invalid', `input "${input.name}" of ${ref} to be ${types.join(' or ')}`, input.type);
  }
  if (input.anyRank) return;
  const found = input.dims[layout === 'nchw' ? 1 : 3];
  if (input.dims.length === 4 && (found === null || found === channels)) return;
  const expected = `${channels} channels in input "${input.name}" of ${ref} for ${of}, layout ${layout}`;
  throw Fault.expected('model_invalid', expected, `[${input.dims.map((side) => side ?? '?').join(',')}]`);
}
