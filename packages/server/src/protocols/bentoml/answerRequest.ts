import type { AnswerRequest } from '../../domain/request.ts';
import type { BentoApi } from './bundle.ts';

/** Classes that the torch-hub palette has. */
const paletteClasses = 21;

/**
 * Colour of class i: i × (2²⁵ − 1, 2¹⁵ − 1, 2²¹ − 1) modulo 255, which is (i, 127·i, 31·i) modulo 255, as the
 * segmentation services of Flask-ML coloured their pictures (pytorch_image_segment.py).
 */
export const torchHubColors: readonly (readonly [red: number, green: number, blue: number])[] = Array.from(
  { length: paletteClasses },
  (_, index) => [index, (127 * index) % 255, (31 * index) % 255] as const,
);

/** The picture that those services left beside every answer. */
export const paletteAnswer: AnswerRequest = { kind: 'color', format: 'png', colors: torchHubColors };

/** What the engine is asked for so that the payload can be made of it. */
export function answerRequestOf({ payload, answer }: Pick<BentoApi, 'payload' | 'answer'>): AnswerRequest {
  switch (payload) {
    case 'label':
      return { kind: 'topk', topK: 1 };
    case 'png':
      if (answer === 'color') return paletteAnswer;
      return { kind: answer, format: 'png' };
    case 'json':
      return { kind: answer, format: 'json' };
    case 'shape':
      return { kind: 'stats', format: 'json' };
    default:
      return { kind: 'tensor', format: 'npy' };
  }
}
