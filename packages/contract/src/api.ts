import { z } from 'zod';
import { AnswerFormatSchema, AnswerKindSchema, answerKinds, mapDepths, uncertaintyMeasures } from './answers.ts';
import { StageTimingSchema } from './chain.ts';
import { faultCodeList } from './faultCodes.ts';
import { instancesMax } from './instances.ts';
import { TaskSchema } from './manifest.ts';
import { promptOptions } from './promptOptions.ts';
import { cocoMasks } from './regions.ts';
import { tileOptions } from './tiles.ts';

/** The native HTTP API's bodies. The server validates with these and draws its OpenAPI from them. */

/** One comma-separated list or a repeated field, as forms, queries and JSON each write it. */
const answerList = z.preprocess(
  (value) =>
    (Array.isArray(value) ? value : [value]).flatMap((item) =>
      typeof item === 'string' ? item.split(',').map((word) => word.trim()) : [item],
    ),
  z.array(AnswerKindSchema).min(1).max(answerKinds.length),
);

const classList = z.preprocess(
  (value) =>
    (Array.isArray(value) ? value : [value]).flatMap((item) =>
      typeof item === 'string' ? item.split(',').map((word) => word.trim()) : [item],
    ),
  z
    .array(z.union([z.string().min(1), z.int().min(0)]))
    .min(1)
    .max(1024),
);

const mergeList = z.preprocess(
  (value) =>
    (Array.isArray(value) ? value : [value]).flatMap((item) =>
      typeof item === 'string' ? item.split(',').map((word) => word.trim()) : [item],
    ),
  z
    .array(z.string().regex(/^[^:]+:[^:]+$/, 'classes with "+", ":" and a name, as in car+bus+truck:vehicle'))
    .min(1)
    .max(1024),
);

/** As queries and forms write it, and as JSON does. */
const truth = z.preprocess((value) => (value === 'true' ? true : value === 'false' ? false : value), z.boolean());

/** How the edge of a matte is made: as the model gives it, or by a guided filter with the photo as its guide. */
export const refineMethods = ['none', 'guided'] as const;
export type RefineMethod = (typeof refineMethods)[number];

/** How a background picture fills the frame. */
export const backgroundFits = ['cover', 'contain', 'stretch'] as const;
export type BackgroundFit = (typeof backgroundFits)[number];

/** What a request may say besides the picture. Queries, form fields and JSON share it. */
export const SegmentOptionsSchema = z.strictObject({
  answer: answerList
    .optional()
    .describe('Which answers, comma-separated or repeated. When absent, Accept decides, then the model’s task'),
  format: AnswerFormatSchema.optional().describe('Encoding of picture answers; each answer has a default'),
  quality: z.coerce.number().int().min(1).max(100).optional().describe('Quality of lossy formats, 1…100'),
  opacity: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('overlay, svg: weight of the class colours, 0…1; 0.5 when absent'),
  classes: classList
    .optional()
    .describe(
      'class names or indices: the foreground of alpha, cutout, composite, trimap; the regions of polygons, geojson, coco, labelstudio, yolo, svg; the masks and instances that are wanted',
    ),
  threshold: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe(
      'matting models: opacity from which a pixel is foreground in class maps and statistics; instance models: probability above which a pixel is part of its instance',
    ),
  scoreThreshold: z.coerce
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('instance models: instances with a lower score are left out; the model’s own when absent'),
  maxInstances: z.coerce
    .number()
    .int()
    .min(1)
    .max(instancesMax)
    .optional()
    .describe('instance models: at most so many, the highest scores first; the model’s own when absent'),
  refine: z
    .enum(refineMethods)
    .optional()
    .describe('matting models: guided lets the edges of every answer follow the photo; none when absent'),
  decontaminate: truth
    .optional()
    .describe('cutout, composite: take the old background’s colour out of half-transparent pixels; false when absent'),
  background: z
    .string()
    .regex(/^(#[0-9a-f]{6}([0-9a-f]{2})?|transparent|blur|image)$/i, '#rrggbb, #rrggbbaa, transparent, blur or image')
    .optional()
    .describe(
      'composite: #rrggbb, #rrggbbaa (its last byte the opacity), transparent, blur (the photo’s own background, blurred) or image (that of backgroundImage); image where there is a backgroundImage, else #ffffff when absent',
    ),
  backgroundFit: z
    .enum(backgroundFits)
    .optional()
    .describe(
      'composite on image: cover (fills the frame, its edges cut off), contain (all of it, white around) or stretch; cover when absent',
    ),
  blur: z.coerce
    .number()
    .min(0)
    .max(0.25)
    .optional()
    .describe('composite on blur: standard deviation ÷ the longer side, 0…0.25; 0.02 when absent'),
  band: z.coerce
    .number()
    .int()
    .min(0)
    .max(4096)
    .optional()
    .describe('trimap: pixels this near to an edge are unknown; a hundredth of the longer side when absent'),
  tolerance: z.coerce
    .number()
    .min(0)
    .max(100)
    .optional()
    .describe(
      'polygons, geojson, coco, yolo, svg: how far outlines may leave the border, in pixels, 0…100; 1 when absent',
    ),
  minArea: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .optional()
    .describe('every answer that shows a mask: smaller regions become what is around them, in pixels; 0 when absent'),
  fillHoles: z.coerce
    .number()
    .int()
    .min(0)
    .max(1_000_000_000)
    .optional()
    .describe('every answer that shows a mask: holes up to this size are filled, in pixels; 0 when absent'),
  merge: mergeList
    .optional()
    .describe(
      'classes that are one: names or indices with "+", ":" and a name, as in car+bus+truck:vehicle; comma-separated',
    ),
  cocoMask: z
    .enum(cocoMasks)
    .optional()
    .describe(
      'coco: polygon (run lengths where there are holes), rle (compressed) or counts (a list); polygon when absent',
    ),
  size: z
    .string()
    .regex(/^([1-9]\d{0,4}x[1-9]\d{0,4}|model)$/, 'WIDTHxHEIGHT, as in 640x480, or model')
    .optional()
    .describe(
      'WIDTHxHEIGHT: the size of every answer, whatever the photo’s aspect ratio; model: that of the network’s own output, its numbers as they are; the photo’s own size when absent',
    ),
  measure: z
    .enum(uncertaintyMeasures)
    .optional()
    .describe('uncertainty: margin (1 − the distance of the two best classes) or entropy; margin when absent'),
  depth: z.coerce
    .number()
    .pipe(z.literal(mapDepths))
    .optional()
    .describe('scores, uncertainty as PNG: bits of a pixel, 8 or 16; 8 when absent'),
  topK: z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('topk: how many of the best classes; 5 when absent'),
  ...tileOptions,
  ...promptOptions,
  deadlineMs: z.coerce
    .number()
    .int()
    .min(1)
    .max(600_000)
    .optional()
    .describe('The answer is worthless after this many milliseconds'),
  response: z.enum(['multipart', 'json']).optional().describe('Several answers: multipart/mixed, or JSON with base64'),
});
export type SegmentOptions = z.infer<typeof SegmentOptionsSchema>;

export const SegmentJsonSchema = SegmentOptionsSchema.extend({
  image: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The picture: base64 (standard or URL-safe alphabet), a data: URL, or sha256: and the digest of a picture that is kept',
    ),
  images: z
    .array(z.string().min(1))
    .min(1)
    .max(256)
    .optional()
    .describe('Several pictures in place of `image`, each in the same form; they are answered in one reply'),
  trimap: z
    .union([z.string().min(1), z.array(z.string().min(1))])
    .optional()
    .describe('Matting models that need one: base64 of the trimap, or a list with one for each of `images`'),
  backgroundImage: z
    .string()
    .min(1)
    .optional()
    .describe('composite: base64 of the picture that stands behind the foreground, of every picture'),
});

export const TimingsSchema = z.object({
  queue: z.number(),
  decode: z.number(),
  preprocess: z.number(),
  infer: z.number(),
  postprocess: z.number(),
  encode: z.number(),
});
/** Milliseconds of each stage of a request, as in Server-Timing. */
export type Timings = z.infer<typeof TimingsSchema>;

export const JsonAnswerSchema = z.object({
  answer: AnswerKindSchema,
  contentType: z.string(),
  data: z.unknown().describe('base64 of the bytes, or the object itself for JSON answers'),
});

export const SegmentJsonReplySchema = z.object({
  model: z.string().describe('name:version'),
  width: z.int(),
  height: z.int(),
  answers: z.array(JsonAnswerSchema),
  timings: TimingsSchema,
  stages: z.array(StageTimingSchema).optional().describe('Chains: what each stage has cost, in their order'),
});

/** Of several pictures, in their order; `index` counts from 1. */
export const SeveralJsonReplySchema = z.object({
  images: z.array(
    z.union([
      SegmentJsonReplySchema.extend({ index: z.int().positive() }),
      z.object({
        index: z.int().positive(),
        problem: z.record(z.string(), z.unknown()).describe('Why this picture has no answer: a problem document'),
      }),
    ]),
  ),
});

export const ModelSummarySchema = z.object({
  name: z.string(),
  version: z.string(),
  task: TaskSchema,
  state: z.enum(['loading', 'ready', 'failed', 'unloaded']),
  description: z.string(),
  licence: z.string(),
  nonCommercial: z.boolean(),
  answers: z.array(AnswerKindSchema),
});
export type ModelSummary = z.infer<typeof ModelSummarySchema>;

export const ModelDetailSchema = ModelSummarySchema.extend({
  error: z.string().nullable().describe('Why the last load failed'),
  labels: z.array(z.object({ id: z.int(), label: z.string(), color: z.string() })),
  input: z.object({
    width: z.int().nullable(),
    height: z.int().nullable(),
    rule: z.string(),
    fit: z.string(),
    trimap: z.boolean().optional().describe('true: a request must bring a trimap beside its picture'),
  }),
  fused: z.boolean().describe('Whether pre- and post-processing run inside the graph'),
  fusion: z.string().describe('What was fused, or why not'),
  providers: z.array(z.string()).describe('The execution provider that each worker really got'),
  batching: z.object({ maxSize: z.int(), delayMs: z.number(), run: z.string() }),
  stages: z
    .array(z.object({ name: z.string(), kind: z.string(), models: z.array(z.string()) }))
    .optional()
    .describe('Chains: the stages and the packages that they run'),
});
export type ModelDetail = z.infer<typeof ModelDetailSchema>;

export const ModelListSchema = z.object({ models: z.array(ModelSummarySchema) });

/** RFC 9457 problem details, with the code and what was expected and received. */
export const ProblemSchema = z.object({
  type: z.string().describe('Address of the documentation of this code'),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.enum(faultCodeList as [string, ...string[]]),
  instance: z.string().optional().describe('The request id'),
  expected: z.string().optional(),
  received: z.string().optional(),
  retryAfterMs: z.int().optional(),
});
export type Problem = z.infer<typeof ProblemSchema>;
