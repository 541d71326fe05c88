import type { AnswerFormat, AnswerKind } from '@segserve/contract';

// The contract's own lists, written out: importing them would load zod, which --help cannot wait for. A test holds
// them equal.
export const answerWords = [
  'labels',
  'color',
  'overlay',
  'alpha',
  'cutout',
  'stats',
] as const satisfies readonly AnswerKind[];

export const formatWords = ['png', 'webp', 'avif', 'jpeg', 'json'] as const satisfies readonly AnswerFormat[];
