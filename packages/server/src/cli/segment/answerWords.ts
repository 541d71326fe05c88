import type {
  AnswerFormat,
  AnswerKind,
  BackgroundFit,
  CocoMask,
  Coordinates,
  Flips,
  RefineMethod,
} from '@segserve/contract';

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
  'scores',
  'uncertainty',
  'stats',
  'masks',
  'instances',
  'panoptic',
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
  'tiff',
  'raw',
] as const satisfies readonly AnswerFormat[];

export const cocoMaskWords = ['polygon', 'rle', 'counts'] as const satisfies readonly CocoMask[];

export const backgroundFitWords = ['cover', 'contain', 'stretch'] as const satisfies readonly BackgroundFit[];

export const refineWords = ['none', 'guided'] as const satisfies readonly RefineMethod[];

export const flipWords = ['none', 'horizontal', 'both'] as const satisfies readonly Flips[];

export const coordinateWords = ['pixel', 'source'] as const satisfies readonly Coordinates[];
