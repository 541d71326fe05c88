import { z } from 'zod';

/** What model.yaml says of the second graph of a promptable model, and how requests point at things. */

const tensorName = (what: string) =>
  z.string().min(1).optional().describe(`${what}; found by the exporters' usual names when left out`);

/** Points of one request, and boxes, however they come. */
export const promptPointsMax = 1024;
export const promptBoxesMax = 64;
/** Earlier clicks that a request may repeat, so that the masks they gave lead to this one. */
export const promptStepsMax = 16;

export const promptFamilies = ['sam', 'sam2', 'efficientsam'] as const;
export type PromptFamily = (typeof promptFamilies)[number];

export const DecoderSchema = z.strictObject({
  graph: z
    .string()
    .min(1)
    .refine(
      (path) => !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..'),
      'a path inside the package folder, with "/" and without ".."',
    )
    .describe('The .onnx file of the decoder'),
  inputs: z
    .strictObject({
      points: tensorName('Coordinates of the points [N,points,2] or [1,N,points,2]'),
      labels: tensorName('Their labels [N,points] or [1,N,points]'),
      mask: tensorName('The mask to start from [N,1,h,w]'),
      hasMask: tensorName('Whether there is such a mask [N]'),
      size: tensorName('Height and width of the masks [2]'),
    })
    .default({}),
  embeddings: z
    .record(z.string().min(1), z.string().min(1))
    .default({})
    .describe('Decoder input: encoder output, where their names differ'),
  padPoint: z
    .boolean()
    .optional()
    .describe(
      'Whether a point that is none (label −1) is added where there is no box; when left out true for family sam, but where the points are called input_points (Optimum)',
    ),
  boxes: z
    .boolean()
    .optional()
    .describe(
      'Whether the labels 2 and 3 say the corners of a box; when left out false where the points are called input_points (Optimum), else true',
    ),
  pointsMax: z
    .int()
    .min(1)
    .max(promptPointsMax)
    .optional()
    .describe(
      'Points that the graph looks at, a box being two; more are refused. 6 for family efficientsam when left out',
    ),
});
export type Decoder = z.infer<typeof DecoderSchema>;

const probability = z.number().min(0).max(1);

/** The bounds that `everything` keeps to where a request names none; the defaults are those of SAM's automatic mask generator. */
const everythingUsual = z.strictObject({
  predIouThreshold: probability.default(0.88).describe('Masks whose predicted IoU is lower are left out'),
  stabilityThreshold: probability
    .default(0.95)
    .describe('Masks that change more when their threshold moves are left out'),
});

export const PromptableOutputSchema = z.strictObject({
  family: z
    .enum(promptFamilies)
    .default('sam')
    .describe(
      'sam: also MobileSAM and EdgeSAM; sam2: SAM 2 for pictures; efficientsam: two graphs, or one without `decoder`',
    ),
  masks: tensorName('Mask logits [N,candidates,h,w] or [1,N,candidates,h,w], of the whole input'),
  scores: tensorName('The predicted IoU of each [N,candidates]'),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Probability from which a pixel belongs to the thing; 0.5 is a logit of 0'),
  upsample: z
    .enum(['direct', 'input'])
    .optional()
    .describe(
      'How mask logits grow, linearly: direct: to the picture; input: to the size of the input, then to the picture, as SAM does; by family when left out',
    ),
  everything: everythingUsual
    .prefault({})
    .describe(
      'What `everything` keeps where a request names no bounds: lower for networks that are less sure than SAM',
    ),
});
export type PromptableOutput = z.infer<typeof PromptableOutputSchema>;

/** In pixels of the upright picture; 0, 0 is the upper left pixel. */
export const PointPromptSchema = z.strictObject({
  x: z.number(),
  y: z.number(),
  label: z
    .union([z.literal(0), z.literal(1)])
    .default(1)
    .describe('1: belongs to the thing; 0: does not'),
});
export type PointPrompt = z.infer<typeof PointPromptSchema>;

export const BoxPromptSchema = z.strictObject({ x0: z.number(), y0: z.number(), x1: z.number(), y1: z.number() });
export type BoxPrompt = z.infer<typeof BoxPromptSchema>;

const points = z
  .array(PointPromptSchema)
  .max(promptPointsMax)
  .optional()
  .describe('In pixels of the upright picture, inside of it');
const boxes = z
  .array(BoxPromptSchema)
  .max(promptBoxesMax)
  .optional()
  .describe(
    'x0, y0 the upper left corner, x1, y1 the lower right one. Several boxes are several things, and stand without points',
  );

/** Words and defaults are those of SAM's automatic mask generator. */
export const EverythingSchema = z.strictObject({
  pointsPerSide: z
    .int()
    .min(1)
    .max(64)
    .optional()
    .describe('Points of the grid on each side; when absent 32, on a CPU 16'),
  predIouThreshold: probability
    .optional()
    .describe("Masks whose predicted IoU is lower are left out; when absent the package's own bound, 0.88 for SAM"),
  stabilityThreshold: probability
    .optional()
    .describe(
      "Masks that change more when their threshold moves are left out; when absent the package's own bound, 0.95 for SAM",
    ),
  nmsThreshold: probability.default(0.7).describe('Of two masks whose boxes overlap more (IoU) the worse is left out'),
  minArea: z.int().min(0).max(1_000_000_000).default(0).describe('Smaller masks are left out, in pixels'),
});
export type Everything = z.infer<typeof EverythingSchema>;

/** What the things are that a promptable model is to segment. */
export const PromptsSchema = z
  .strictObject({
    points,
    boxes,
    mask: z
      .string()
      .min(1)
      .optional()
      .describe('base64 of a picture of the same size, white where the thing is: the mask to start from'),
    previous: z
      .array(z.strictObject({ points, boxes }))
      .max(promptStepsMax)
      .optional()
      .describe('The prompts of the steps before this one: the mask logits that each gave lead to the next'),
    multimask: z.boolean().default(false).describe('All candidates of the model in `instances`, not the best alone'),
    everything: z
      .union([z.boolean(), EverythingSchema])
      .optional()
      .describe('All things that a grid of points finds; stands alone'),
  })
  .describe('What to segment');
export type Prompts = z.infer<typeof PromptsSchema>;
