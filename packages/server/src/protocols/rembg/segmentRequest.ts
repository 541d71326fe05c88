import type { Engine } from '../../domain/engineDoor.ts';
import type { AnswerRequest, SegmentRequest } from '../../domain/request.ts';
import type { RemoveOptions } from './readOptions.ts';

/** Opacity below 127 of 255 is none, everything else is all: where rembg cuts a mask that it has smoothed. */
const hardEdge = { from: 126, to: 127 };

/** One picture out of the engine: the mask alone, the cut-out, or the cut-out on a colour. */
export function segmentRequestOf(
  options: RemoveOptions,
  engine: Pick<Engine, 'model'>,
): Pick<SegmentRequest, 'model' | 'answers' | 'refine'> {
  const { model, matting, onlyMask, postProcessMask, background } = options;
  const common = { format: 'png', ...(postProcessMask ? { levels: hardEdge } : {}) } as const;
  // rembg takes the mask as it was before any matting.
  if (onlyMask) return { model, answers: [{ kind: 'alpha', ...common }] };
  const colors = colorsOf(options);
  if (matting === 'none') return { model, answers: [cutout(background, { ...common, ...colors })] };
  // Only an opacity has an edge that can follow the photo; and what it finds is soft, whatever the mask was.
  const refine = engine.model(model).task === 'matting' ? { refine: 'guided' as const } : {};
  return { model, answers: [cutout(background, { format: 'png', ...colors })], ...refine };
}

function cutout(background: string | undefined, answer: Omit<AnswerRequest, 'kind'>): AnswerRequest {
  if (background === undefined) return { kind: 'cutout', ...answer };
  const { keepColors: _hidden, ...shown } = answer;
  return { kind: 'composite', background, ...shown };
}

/** Alpha matting unmixes colours by itself and knows no `putalpha`; elsewhere that one keeps them as they are. */
function colorsOf({
  matting,
  decontaminate,
  extras,
}: RemoveOptions): Pick<AnswerRequest, 'decontaminate' | 'keepColors'> {
  if (extras.putalpha && matting !== 'alpha') return { decontaminate: false, keepColors: true };
  return { decontaminate: decontaminate || matting !== 'none' };
}
