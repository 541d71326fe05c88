import type { AnswerKind, Task } from '@segserve/contract';

/** What the user of a model that takes pictures most likely wants of it when nothing is said. */
export const usualAnswer: Readonly<Record<Exclude<Task, 'tensor'>, AnswerKind>> = {
  semantic: 'color',
  matting: 'cutout',
  instance: 'overlay',
  panoptic: 'overlay',
  classification: 'topk',
  promptable: 'overlay',
};
