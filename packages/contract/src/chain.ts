import { z } from 'zod';
import { promptBoxesMax } from './prompts.ts';

/** What model.yaml says of a chain: packages of one repository that run one after the other in one worker. */

export const chainStagesMax = 16;
/** Crops of one stage. */
export const chainCropsMax = 256;
/** Runs of models for one picture, over all stages and the chains inside. */
export const chainRunsMax = 1024;
/** Chains inside of chains, the outermost counted. */
export const chainDepthMax = 3;

const name = z
  .string()
  .regex(/^[a-z][a-z0-9_-]{0,31}$/, 'lower-case letters, digits, "_" and "-", at most 32, starting with a letter')
  .describe('Others name the stage by it; so do timings and errors');
const earlier = (what: string) => z.string().min(1).describe(`An earlier stage: ${what}`);
const model = z
  .string()
  .min(1)
  .describe('A package of the same repository: name, or name:version; without a version the newest');
const share = z.number().min(0).max(1);
const classes = z
  .array(z.union([z.string().min(1), z.int().min(0)]))
  .min(1)
  .max(1024);

const trimap = z
  .strictObject({
    of: earlier('its foreground becomes the trimap'),
    classes: classes.optional().describe('What is foreground there; all but the background when left out'),
    band: share
      .default(0.01)
      .describe('Pixels this near to an edge are unknown, as a share of the picture’s longer side'),
  })
  .describe(
    'For a model with `input.trimap`, which needs it: known foreground and background, and a band between them',
  );

/** Stand in place of what the model's own manifest says. */
const maskWords = {
  trimap: trimap.optional(),
  threshold: share.optional().describe('In place of `output.threshold` of the model'),
  scoreThreshold: share
    .optional()
    .describe('instance models: lower scores are left out; the model’s own when left out'),
  maxInstances: z
    .int()
    .min(1)
    .max(1000)
    .optional()
    .describe('instance models: at most so many; the model’s own when left out'),
  refine: z.enum(['none', 'guided']).default('none').describe('matting models: guided lets the edges follow the photo'),
};

export const ModelStageSchema = z
  .strictObject({ name, kind: z.literal('model'), model, ...maskWords })
  .describe('model: a model sees the whole picture');

export const CropsStageSchema = z
  .strictObject({
    name,
    kind: z.literal('crops'),
    of: earlier('its things are cropped: instances, or connected regions of classes or of the foreground'),
    classes: classes
      .optional()
      .describe('Names or indices of the classes that are cropped; all but the background when left out'),
    minArea: z.int().min(0).default(0).describe('Things with fewer pixels are left out'),
    margin: z
      .number()
      .min(0)
      .max(4)
      .default(0.1)
      .describe('What is added on each side of a thing’s box, as a share of the box’s longer side'),
    most: z
      .int()
      .min(1)
      .max(chainCropsMax)
      .default(16)
      .describe('At most so many crops, of the highest scores or, where there are none, the largest regions'),
    model,
    paste: z
      .enum(['whole', 'things'])
      .default('whole')
      .describe(
        'whole: one mask of the whole picture: the largest opacity counts, of classes that of the better thing, of instances all; things: each thing keeps class and score, and its mask becomes what the model takes for foreground and hangs together with it',
      ),
    ...maskWords,
  })
  .describe('crops: a model sees the surroundings of each thing that an earlier stage found');

export const RouteStageSchema = z
  .strictObject({
    name,
    kind: z.literal('route'),
    by: earlier('a classification model; its best class decides'),
    cases: z
      .record(z.string().min(1), model)
      .refine((cases) => Object.keys(cases).length > 0, 'at least one class and its model')
      .describe('Class names, and the model that sees the picture then. All of them must give the same classes'),
    default: model.describe('The model for every other class'),
    minScore: share.default(0).describe('The default also where the best class has a lower score'),
    ...maskWords,
  })
  .describe('route: the class of the picture decides which model sees it');

export const PromptsStageSchema = z
  .strictObject({
    name,
    kind: z.literal('prompts'),
    of: earlier('instances; the boxes of these are the prompts'),
    classes: classes.optional().describe('Names or indices of the classes that are prompted; all when left out'),
    minArea: z.int().min(0).default(0).describe('Things with fewer pixels are left out'),
    margin: z
      .number()
      .min(0)
      .max(4)
      .default(0)
      .describe('What is added on each side of a thing’s box, as a share of the box’s longer side'),
    most: z.int().min(1).max(promptBoxesMax).default(16).describe('At most so many things, of the highest scores'),
    model: model.describe('A promptable package of the same repository'),
    threshold: share.optional().describe('In place of `output.threshold` of the model'),
  })
  .describe(
    'prompts: a promptable model is shown the box of each thing, which keeps class and score and gets its mask',
  );

export const PanopticStageSchema = z
  .strictObject({
    name,
    kind: z.literal('panoptic'),
    semantic: earlier('classes of all pixels; its labels are those of the answer'),
    instances: earlier('the things'),
    classes: z
      .record(z.string().min(1), z.string().min(1))
      .default({})
      .describe('Class of `instances`: class of `semantic`, where the names differ'),
    overlapThreshold: share
      .default(0.5)
      .describe('A thing of which better ones cover more than this share is left out'),
    stuffAreaMin: z
      .int()
      .min(0)
      .max(1_000_000_000)
      .default(64 * 64)
      .describe('Stuff with fewer pixels is left out'),
  })
  .describe('panoptic: things and stuff become segments that share no pixel');

export const StageSchema = z.discriminatedUnion('kind', [
  ModelStageSchema,
  CropsStageSchema,
  RouteStageSchema,
  PromptsStageSchema,
  PanopticStageSchema,
]);
export type Stage = z.infer<typeof StageSchema>;
export type StageKind = Stage['kind'];
export type StageOf<Kind extends StageKind> = Extract<Stage, { kind: Kind }>;

/** What a chain's model.yaml says in place of a graph. */
export const chainWords = {
  stages: z
    .array(StageSchema)
    .min(1)
    .max(chainStagesMax)
    .describe('What is done, in this order. A stage takes from the picture and from stages before it'),
  answer: z.string().min(1).optional().describe('The stage whose result is answered; the last one when left out'),
};

export const StageTimingSchema = z.object({
  name: z.string(),
  ms: z.number().describe('From its begin to its end'),
  runs: z.int().describe('Pictures that its model saw: 1, or the number of crops'),
});
/** What a stage of a chain has cost. */
export type StageTiming = z.infer<typeof StageTimingSchema>;
