import type { ModelInput } from './front.ts';
import type { FusionOutput } from './fusionSpec.ts';
import type { NodeWriter } from './nodeWriter.ts';
import { resize, sidesOf } from './operators.ts';
import type { Dim } from './tensorInfo.ts';

/** How an answer grows to the model input's size; undefined when it need not. */
export interface Growth {
  readonly kernel: NonNullable<FusionOutput['resize']>;
  readonly height: Dim;
  readonly width: Dim;
  readonly input: ModelInput;
}

export function growthOf(
  answer: { readonly height: Dim; readonly width: Dim },
  input: ModelInput,
  kernel: FusionOutput['resize'],
): Growth | undefined {
  const same = typeof answer.height === 'number' && answer.height === input.height && answer.width === input.width;
  return kernel === undefined || same ? undefined : { kernel, height: input.height, width: input.width, input };
}

/** Resizes [N,C,h,w] or [N,h,w] to the model input's sides: constants where they are known, else read off the input at run time. */
export function grow(
  write: NodeWriter,
  value: string,
  leading: 1 | 2,
  { kernel, height, width, input }: Growth,
): string {
  const axis = input.layout === 'nchw' ? 2 : 1;
  const known = typeof height === 'number' && typeof width === 'number';
  const sides = known ? write.ints([height, width]) : sidesOf(write, input.name, axis, axis + 2);
  const sizes = write.add('Concat', [sidesOf(write, value, 0, leading), sides], { axis: 0 });
  return resize(write, value, sizes, kernel);
}
