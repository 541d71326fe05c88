import { z } from 'zod';

/** Every form in which a result can be asked for. One inference serves all the answers of a request. */
export const answerKinds = [
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
] as const;
export const AnswerKindSchema = z.enum(answerKinds);
export type AnswerKind = z.infer<typeof AnswerKindSchema>;

export const answerFormats = [
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
] as const;
export const AnswerFormatSchema = z.enum(answerFormats);
export type AnswerFormat = z.infer<typeof AnswerFormatSchema>;

export interface AnswerFacts {
  /** What the caller gets, in one sentence. */
  readonly says: string;
  /** Formats it can be encoded in; the first is the default. Lossy ones stand only where loss does no harm, or last. */
  readonly formats: readonly [AnswerFormat, ...AnswerFormat[]];
}

export const answerFacts: Readonly<Record<AnswerKind, AnswerFacts>> = {
  labels: {
    says: 'Class map: one channel whose value is the class, 8-bit, or 16-bit above 256 classes.',
    formats: ['png', 'webp', 'tiff'],
  },
  color: {
    says: 'Class map as a palette PNG: the same indices, each shown in its class colour.',
    formats: ['png', 'tiff'],
  },
  overlay: {
    says: 'The photo with the class colours laid over it.',
    formats: ['jpeg', 'png', 'webp', 'avif'],
  },
  alpha: {
    says: 'Foreground opacity, one 8-bit channel, 0 = background, 255 = foreground. JPEG is the one form that changes its numbers.',
    formats: ['png', 'webp', 'jpeg', 'tiff'],
  },
  cutout: { says: 'The foreground on a transparent background (RGBA).', formats: ['png', 'webp', 'avif'] },
  composite: {
    says: 'The foreground on another background: a colour, the blurred photo, or nothing.',
    formats: ['jpeg', 'png', 'webp', 'avif'],
  },
  trimap: {
    says: 'Three values for matting tools: 0 = background, 128 = unknown, 255 = foreground.',
    formats: ['png', 'webp'],
  },
  tensor: {
    says: 'The numbers as a NumPy array [height, width]: classes (uint8, uint16), of a matting model opacity (float32, 0…1).',
    formats: ['npy', 'raw'],
  },
  scores: {
    says: 'Probabilities as a NumPy array float32 [classes, height, width], of those that `classes` names; as PNG of one class, 8 or 16 bits (`depth`). Matting models: the opacity.',
    formats: ['npy', 'png', 'raw'],
  },
  uncertainty: {
    says: 'Where the model is unsure, 0…1 (`measure`): an 8- or 16-bit PNG (`depth`), or a NumPy array float32 [height, width].',
    formats: ['png', 'npy', 'raw'],
  },
  stats: {
    says: 'Per class: pixels, share of the picture, bounding box, centroid, mean score.',
    formats: ['json'],
  },
  masks: {
    says: 'A mask for each class present, the background’s too, largest first (instance models: for each instance): pixels, mean score, and base64 of an 8-bit PNG, 255 where the class is.',
    formats: ['json'],
  },
  instances: {
    says: 'instance models: each thing with its class, score, box, area, centroid and mask (COCO run lengths); as PNG the id map, 16 bits, 0 = none.',
    formats: ['json', 'png'],
  },
  panoptic: {
    says: 'panoptic models: segments that share no pixel, things one by one and stuff by class, as COCO’s PNG (R + 256 · G + 65536 · B is the id, 0 = none), or as COCO’s JSON that goes with it.',
    formats: ['png', 'json'],
  },
  topk: { says: 'classification: the best `topK` classes of the whole picture with their scores.', formats: ['json'] },
  polygons: {
    says: 'Outlines of every connected region, with holes, simplified within `tolerance` pixels.',
    formats: ['json'],
  },
  geojson: {
    says: 'The same as GeoJSON (RFC 7946): a feature for each region, in pixel coordinates.',
    formats: ['geojson', 'json'],
  },
  coco: {
    says: 'A COCO annotation file: an annotation for each region, as polygons or run lengths (`cocoMask`).',
    formats: ['json'],
  },
  labelstudio: {
    says: 'A Label Studio task whose prediction is a brush mask for each class.',
    formats: ['json'],
  },
  yolo: {
    says: 'Ultralytics segmentation lines: class, then points as shares of width and height.',
    formats: ['txt'],
  },
  svg: { says: 'The regions as a drawing in the class colours, to lay over the photo.', formats: ['svg'] },
};

/** How `uncertainty` is counted: 1 − the distance of the two best classes, or the entropy of all ÷ the largest possible. */
export const uncertaintyMeasures = ['margin', 'entropy'] as const;
export type UncertaintyMeasure = (typeof uncertaintyMeasures)[number];

/** Bits of a PNG of `scores` or `uncertainty`. */
export const mapDepths = [8, 16] as const;
export type MapDepth = (typeof mapDepths)[number];

export const mediaTypes: Readonly<Record<AnswerFormat, string>> = {
  png: 'image/png',
  webp: 'image/webp',
  avif: 'image/avif',
  jpeg: 'image/jpeg',
  json: 'application/json',
  geojson: 'application/geo+json',
  txt: 'text/plain; charset=utf-8',
  svg: 'image/svg+xml',
  tiff: 'image/tiff',
  npy: 'application/x-npy', // not registered; what NumPy's users customarily write
  raw: 'application/octet-stream', // an answer's own has dtype and shape behind it
};

/** What the name of a file in this format ends in. */
export const fileExtensions: Readonly<Record<AnswerFormat, string>> = {
  png: 'png',
  webp: 'webp',
  avif: 'avif',
  jpeg: 'jpg',
  json: 'json',
  tiff: 'tif',
  npy: 'npy',
  raw: 'bin',
  geojson: 'geojson',
  txt: 'txt',
  svg: 'svg',
};

/** A rectangle in pixels of the upright picture; `x`, `y` is its upper left pixel. */
export const BoxSchema = z.object({
  x: z.int(),
  y: z.int(),
  width: z.int().positive(),
  height: z.int().positive(),
});

export const ClassStatsSchema = z.object({
  id: z.int().min(0).describe('Class index as it stands in the class map'),
  label: z.string(),
  color: z.string().describe('Class colour, #rrggbb'),
  pixels: z.int().positive(),
  share: z.number().describe('Pixels of this class ÷ all pixels, 0…1'),
  box: BoxSchema.describe('Smallest rectangle that holds every pixel of the class'),
  centroid: z
    .object({ x: z.number(), y: z.number() })
    .describe('Mean pixel centre, in pixels from the upper left corner'),
  score: z
    .number()
    .nullable()
    .describe('Mean score of the winning class over its pixels, 0…1; null where the model gives labels only'),
});
export type ClassStats = z.infer<typeof ClassStatsSchema>;

export const StatsSchema = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  classes: z.array(ClassStatsSchema).describe('Classes present in the picture, largest first'),
});
export type Stats = z.infer<typeof StatsSchema>;

export const MaskSchema = z.object({
  id: z.int().min(0).describe('Class index as it stands in the class map'),
  instance: z.int().positive().optional().describe('instance models: the number in the id map'),
  label: z.string(),
  score: z
    .number()
    .nullable()
    .describe(
      'Mean score of the class over its pixels, 0…1, as in the statistics; of an instance its own; null where the model gives labels only',
    ),
  pixels: z.int().positive(),
  png: z.string().describe('base64 of a PNG of one 8-bit channel: 255 where the class is, 0 elsewhere'),
});

export const MasksSchema = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  masks: z
    .array(MaskSchema)
    .describe('Classes present in the picture, the background included, largest first; instances by their score'),
});
export type Masks = z.infer<typeof MasksSchema>;

export const TopClassesSchema = z.object({
  classes: z
    .array(z.object({ id: z.int().min(0), label: z.string(), score: z.number().describe('Probability, 0…1') }))
    .describe('Best first'),
});
export type TopClasses = z.infer<typeof TopClassesSchema>;
