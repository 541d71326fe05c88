import { z } from 'zod';

/**
 * What model.yaml says of models that answer with queries: each has a class and a mask of the whole picture. DETR with
 * masks, MaskFormer, Mask2Former and OneFormer are such models. And what panoptic models answer.
 */

const probability = z.number().min(0).max(1);

/** Names under which exports have the two outputs, the usual first. */
export const queryClassNames = ['class_queries_logits', 'pred_logits', 'logits'] as const;
export const queryMaskNames = ['masks_queries_logits', 'pred_masks'] as const;

const queryWords = {
  family: z.literal('queries'),
  classes: z
    .string()
    .min(1)
    .optional()
    .describe(
      `The graph's output with class logits [1,Q,classes+1]; ${queryClassNames.join(', ')}, or found by its shape, when left out`,
    ),
  masks: z
    .string()
    .min(1)
    .optional()
    .describe(
      `The graph's output with mask logits [1,Q,h,w]; ${queryMaskNames.join(', ')}, or found by its shape, when left out`,
    ),
  nullClass: z
    .enum(['last', 'first', 'none'])
    .default('last')
    .describe('Where the class stands that says "this query is nothing"'),
  scoreThreshold: probability
    .default(0.5)
    .describe('Queries, or instances, with a lower score are left out; `scoreThreshold` of a request replaces it'),
  threshold: probability
    .default(0.5)
    .describe('Probability from which a pixel belongs to a mask; `threshold` of a request replaces it'),
};

const whereSigmoid =
  'Where mask logits become probabilities; both grow linearly. output: at once (MaskFormer and DETR in transformers); input: at the size of the model’s input (Mask2Former there)';

const maxWords = (usual: number, what: string) => ({
  maxInstances: z
    .int()
    .min(1)
    .max(65_535)
    .default(usual)
    .describe(`At most so many ${what}, the highest scores first; \`maxInstances\` of a request replaces it`),
});

/** Queries as a class map: each pixel's classes are those of the queries that it belongs to, added up. */
export const SemanticQueriesSchema = z
  .strictObject({
    classes: queryWords.classes,
    masks: queryWords.masks,
    nullClass: queryWords.nullClass,
    sigmoidAt: z.enum(['output', 'input']).default('input').describe(whereSigmoid),
  })
  .describe(
    'semantic: the graph gives class logits and mask logits of queries (Mask2Former, MaskFormer, OneFormer, DETR), which are put together inside it; kind is probabilities, upsample linear when left out',
  );
export type SemanticQueries = z.infer<typeof SemanticQueriesSchema>;

/** Queries as instances: each query once for each class that it is likely to be. */
export const QueriesOutputSchema = z
  .strictObject({
    ...queryWords,
    sigmoidAt: z.enum(['output', 'input']).default('input').describe(whereSigmoid),
    ...maxWords(100, 'instances'),
  })
  .describe('Mask2Former, MaskFormer, OneFormer for instances: class logits and mask logits of queries');

/** Queries as segments, of which each pixel is part of one at most. */
export const PanopticOutputSchema = z
  .strictObject({
    ...queryWords,
    sigmoidAt: z
      .enum(['output', 'input', 'picture'])
      .default('input')
      .describe(`${whereSigmoid}; picture: at the answer’s size (the original Mask2Former)`),
    ...maxWords(1000, 'queries are compared'),
    assign: z
      .enum(['weighted', 'logits'])
      .default('weighted')
      .describe(
        'Which query a pixel belongs to. weighted: probability times score is highest (MaskFormer, Mask2Former; transformers reads DETR so too); logits: the mask logit is highest, and what wins 4 pixels or fewer is left out (DETR’s own rule, with scoreThreshold 0.85)',
      ),
    overlapThreshold: probability
      .default(0.8)
      .describe('weighted: a query must win more than this share of the pixels that its mask has'),
  })
  .describe('DETR with masks, MaskFormer, Mask2Former, OneFormer: class logits and mask logits of queries');
export type PanopticOutput = z.infer<typeof PanopticOutputSchema>;
export type PanopticOutputSource = z.input<typeof PanopticOutputSchema>;
export type QueriesOutput = z.infer<typeof QueriesOutputSchema>;

/** Label presets whose things are known. */
export const thingPresets = ['coco133', 'coco250', 'ade20k150', 'cityscapes19'] as const;

export const ThingsSchema = z
  .union([z.enum(thingPresets), z.array(z.union([z.string().min(1), z.int().min(0)])).max(65_536)])
  .describe(
    'The classes that are counted one by one, by name or index, or a preset; all others are stuff, of which there is one segment. That of `labels` when left out',
  );

export const PanopticSegmentSchema = z.object({
  id: z.int().min(1).max(0xff_ff_ff).describe('Its number in the PNG: R + 256 · G + 65536 · B'),
  category_id: z.int().min(0).describe('Class index as it stands in the class map'),
  label: z.string(),
  isthing: z.literal([0, 1]).describe('1: one thing of its class; 0: all stuff of its class'),
  score: z.number().describe('0…1; of stuff that several queries found, their mean by pixels'),
  area: z.int().positive().describe('Pixels; no pixel is in two segments'),
  bbox: z.tuple([z.int(), z.int(), z.int(), z.int()]).describe('x, y, width, height'),
  iscrowd: z.literal(0),
});
export type PanopticSegment = z.infer<typeof PanopticSegmentSchema>;

/** COCO's panoptic file of one picture. */
export const PanopticSchema = z.object({
  images: z.array(
    z.object({ id: z.int(), file_name: z.string(), width: z.int().positive(), height: z.int().positive() }),
  ),
  annotations: z.array(
    z.object({
      image_id: z.int(),
      file_name: z.string().describe('For the caller to fill in: the name of the PNG'),
      segments_info: z.array(PanopticSegmentSchema).describe('Highest score first; empty when nothing was found'),
    }),
  ),
  categories: z.array(
    z.object({
      id: z.int().min(0),
      name: z.string(),
      isthing: z.literal([0, 1]),
      color: z.tuple([z.int(), z.int(), z.int()]).describe('Class colour, R, G, B'),
    }),
  ),
});
export type Panoptic = z.infer<typeof PanopticSchema>;
