import type { AnswerFormat, AnswerKind, CocoMask, RefineMethod } from '@segserve/contract';

// The contract's own lists, written out: importing them would load zod, which --help cannot wait for. A test holds
// them equal.
export const answerWords = [
  'labels',
  'color',
  'overlay',
  'alpha',
  'cutout',
  'composite',
  'trimap',
  'tensor',
  'stats',
  'masks',
  'topk',
  'polygons',
  'geojson',
  'coco',
  'labelstudio',
  'yolo',
  'svg',
] as const satisfies readonly AnswerKind[];

export const formatWords = [
  'png',
  'webp',
  'avif',
  'jpeg',
  'json',
  'npy',
  'geojson',
  'txt',
  'svg',
] as const satisfies readonly AnswerFormat[];

export const cocoMaskWords = ['polygon', 'rle', 'counts'] as const satisfies readonly CocoMask[];

export const refineWords = ['none', 'guided'] as const satisfies readonly RefineMethod[];
