import { z } from 'zod';
import { chainWords } from './chain.ts';
import { ManifestInputSchema } from './input.ts';
import { InstanceOutputSchema } from './instances.ts';
import { byte } from './numbers.ts';
import { PanopticOutputSchema, SemanticQueriesSchema, ThingsSchema } from './panoptic.ts';
import { DecoderSchema, PromptableOutputSchema, PromptsSchema } from './prompts.ts';

/** model.yaml: all that the pipeline needs to know of a model, so that a new model needs no code. */

const name = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}$/,
    'lower-case letters, digits, ".", "_" and "-", at most 63, starting with a letter or digit',
  );
const version = z
  .string()
  .regex(
    /^[0-9A-Za-z][0-9A-Za-z.+-]{0,31}$/,
    'letters, digits, ".", "+" and "-", at most 32 (write numbers in quotes: "1")',
  )
  .refine((text) => text !== 'latest', 'any version but "latest", which means the newest one');
const relativePath = z
  .string()
  .min(1)
  .refine(
    (path) => !path.startsWith('/') && !path.includes('\\') && !path.split('/').includes('..'),
    'a path inside the package folder, with "/" and without ".."',
  );

export const ManifestOutputSchema = z.strictObject({
  name: z.string().min(1).optional().describe("The graph's output; may be left out when it has only one"),
  kind: z
    .enum(['logits', 'probabilities', 'labels'])
    .describe('logits: unbounded scores; probabilities: scores in 0…1; labels: the class map is ready'),
  layout: z.enum(['nchw', 'nhwc']).optional().describe('Where the channels are; the input layout when left out'),
  foreground: z
    .int()
    .min(0)
    .default(0)
    .describe('matting: the channel of the foreground (1 for a background/foreground pair)'),
  threshold: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Opacity from which a pixel counts as foreground in a class map'),
  upsample: z
    .enum(['nearest', 'linear', 'cubic'])
    .optional()
    .describe(
      'matting: how the alpha grows to the picture’s own size; linear when left out. semantic: linear and cubic grow the scores to the model’s input size before the argmax; labels grow by nearest from there on',
    ),
  queries: SemanticQueriesSchema.optional(),
});
export type ManifestOutput = z.infer<typeof ManifestOutputSchema>;

export const labelPresets = [
  'voc21',
  'cityscapes19',
  'camvid11',
  'ade20k150',
  'coco80',
  'coco91',
  'coco133',
  'coco250',
  'person',
] as const;
export const palettePresets = ['voc', 'cityscapes19', 'camvid11', 'ade20k150', 'coco133', 'coco250', 'person'] as const;

const labelFile = relativePath.refine(
  (path) => path.endsWith('.txt'),
  `a list, a preset (${labelPresets.join(', ')}), or a path inside the package ending in ".txt"`,
);

export const GoldenSchema = z.strictObject({
  image: relativePath,
  trimap: relativePath.optional().describe('The trimap beside it, for models with `input.trimap`'),
  expected: relativePath.describe(
    "8-bit PNG of the picture's own size: the class map or the alpha (matting); with `compare: instances` a 16-bit PNG of ids (`instances` as png)",
  ),
  compare: z
    .enum(['pixels', 'instances'])
    .default('pixels')
    .describe(
      'pixels: pixel by pixel; instances: thing by thing, for tasks instance and panoptic: two masks are of one thing where their intersection is at least half of their union; classes are not compared',
    ),
  minAgreement: z
    .number()
    .min(0)
    .max(1)
    .default(0.99)
    .describe(
      'Class maps: least share of equal pixels. compare instances: least share of things found again, of the number found or expected, whichever is larger',
    ),
  maxMeanDifference: z.number().min(0).max(255).default(1).describe('alpha: largest mean absolute difference, of 255'),
});
export type Golden = z.infer<typeof GoldenSchema>;

export const executionProviders = ['cpu', 'cuda', 'tensorrt', 'webgpu', 'coreml', 'dml'] as const;
export const ExecutionProviderSchema = z.enum(executionProviders);
export type ExecutionProvider = z.infer<typeof ExecutionProviderSchema>;

/** What a model is for; it decides which answers the model gives. */
const pixelTasks = ['semantic', 'matting', 'classification'] as const;
export const pictureTasks = [...pixelTasks, 'instance', 'panoptic'] as const;
export const tasks = [...pictureTasks, 'promptable', 'tensor'] as const;
export const TaskSchema = z.enum(tasks);
export type Task = z.infer<typeof TaskSchema>;

/** A model that takes a picture. */
export const ManifestSchema = z.strictObject({
  schema: z.literal(1).describe('Version of this format'),
  name,
  version,
  task: z
    .enum(pixelTasks)
    .describe(
      'semantic: one class per pixel; matting: one opacity per pixel; classification: scores for the whole picture, output [N, classes]',
    ),
  description: z.string().max(2000).default(''),
  licence: z.string().min(1).describe('Licence of the weights: an SPDX identifier, or a sentence'),
  nonCommercial: z.boolean().default(false).describe('True when the weights may not be used commercially'),
  source: z.string().optional().describe('Where the weights come from'),
  graph: relativePath.describe('The .onnx file'),
  sha256: z
    .record(relativePath, z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits'))
    .default({})
    .describe('Digest of each file, checked at load. A file named here must exist; the graph should be named'),
  input: ManifestInputSchema,
  output: ManifestOutputSchema,
  labels: z
    .union([z.enum(labelPresets), z.array(z.string().min(1)).min(1).max(65536), labelFile])
    .optional()
    .describe(
      'Class names by index: a list, a preset, or a .txt file of the package with a name on each line; needed for semantic and classification models',
    ),
  palette: z
    .union([
      z.enum(palettePresets),
      z
        .array(z.tuple([byte, byte, byte]))
        .min(1)
        .max(65536),
    ])
    .optional()
    .describe('Class colours (R, G, B) by index: a list or a preset; the VOC colours when left out'),
  background: z
    .int()
    .min(0)
    .optional()
    .describe('The class that is no thing; alpha and cutout keep every other class when the request names none'),
  batching: z
    .strictObject({
      maxSize: z.int().min(1).max(256).default(8).describe('Pictures that go to a worker together'),
      delayMs: z.number().min(0).max(1000).default(2).describe('How long the oldest of them waits for company'),
      run: z
        .enum(['auto', 'together', 'single'])
        .default('auto')
        .describe(
          'Whether pictures of a batch share one inference. auto: on a GPU; on a CPU one after the other, which costs less there',
        ),
    })
    .default({ maxSize: 8, delayMs: 2, run: 'auto' }),
  providers: z
    .array(ExecutionProviderSchema)
    .min(1)
    .default(['cpu'])
    .describe(
      'Execution providers in order of preference; the last one that may be used ends the list, so leave out cpu to require a GPU',
    ),
  fusion: z.enum(['auto', 'off']).default('auto').describe('off: keep pre- and post-processing out of the graph'),
  golden: z.array(GoldenSchema).max(16).default([]),
});

/** The manifest of a model of pixels or whole pictures after parsing: every default filled in. */
export type Manifest = z.infer<typeof ManifestSchema>;
/** The same as a person writes it. */
export type ManifestSource = z.input<typeof ManifestSchema>;

/** A model that finds things one by one. */
export const InstanceManifestSchema = ManifestSchema.extend({
  task: z.literal('instance').describe('instance: things one by one, each with a class, a score and a mask'),
  output: InstanceOutputSchema,
});
export type InstanceManifest = z.infer<typeof InstanceManifestSchema>;
export type InstanceManifestSource = z.input<typeof InstanceManifestSchema>;

/** A model that gives every pixel to a thing, one by one, or to stuff. */
export const PanopticManifestSchema = ManifestSchema.extend({
  task: z.literal('panoptic').describe('panoptic: things one by one and stuff by class, no pixel in two of them'),
  output: PanopticOutputSchema,
  things: ThingsSchema.optional(),
});
export type PanopticManifest = z.infer<typeof PanopticManifestSchema>;
export type PanopticManifestSource = z.input<typeof PanopticManifestSchema>;

export const PromptGoldenSchema = GoldenSchema.pick({ image: true, maxMeanDifference: true }).extend({
  prompts: PromptsSchema,
  expected: relativePath.describe("8-bit PNG of the picture's own size: the opacity of what the prompts show"),
});
export type PromptGolden = z.infer<typeof PromptGoldenSchema>;

/** A model that is told what to segment: an encoder that sees the picture once, and a decoder that answers prompts. */
export const PromptableManifestSchema = ManifestSchema.omit({ labels: true, background: true, golden: true }).extend({
  task: z.literal('promptable').describe('promptable: the things that points and boxes of the request show'),
  output: PromptableOutputSchema.prefault({}),
  decoder: DecoderSchema.optional().describe(
    'The second graph; without it `graph` takes the picture and the prompts at once, as EfficientSAM’s single file does',
  ),
  golden: z.array(PromptGoldenSchema).max(16).default([]),
});
export type PromptableManifest = z.infer<typeof PromptableManifestSchema>;
export type PromptableManifestSource = z.input<typeof PromptableManifestSchema>;

/** The manifest of any model that takes pictures. */
export type PictureManifest = Manifest | InstanceManifest | PanopticManifest;

/** A graph that is served as it is, for callers that bring tensors: nothing is said of pictures, and nothing is fused. */
export const TensorManifestSchema = ManifestSchema.omit({
  input: true,
  output: true,
  labels: true,
  palette: true,
  background: true,
  batching: true,
  fusion: true,
  golden: true,
}).extend({
  task: z.literal('tensor').describe('tensor: any graph, for callers that bring tensors; it gives no picture answers'),
});
export type TensorManifest = z.infer<typeof TensorManifestSchema>;

/** Packages of one repository, run one after the other. It has no graph of its own. */
export const ChainManifestSchema = ManifestSchema.pick({
  schema: true,
  name: true,
  version: true,
  description: true,
  nonCommercial: true,
  source: true,
  sha256: true,
  golden: true,
}).extend({
  task: z.literal('chain').describe('chain: what one package finds is what the next one works on'),
  licence: z.string().min(1).default('those of its models').describe('Those of its models when left out'),
  ...chainWords,
});
export type ChainManifest = z.infer<typeof ChainManifestSchema>;
export type ChainManifestSource = z.input<typeof ChainManifestSchema>;

/** Everything that `task` of model.yaml may say. A chain is shown as what it answers like. */
export const packageTasks = [...tasks, 'chain'] as const;

/** One for each form that model.yaml has; its task says which. */
export const manifestSchemas = [
  ManifestSchema,
  InstanceManifestSchema,
  PanopticManifestSchema,
  PromptableManifestSchema,
  TensorManifestSchema,
  ChainManifestSchema,
] as const;

/** model.yaml. */
export const PackageManifestSchema = z.discriminatedUnion('task', manifestSchemas);
export type PackageManifest = z.infer<typeof PackageManifestSchema>;
