import { z } from 'zod';
import { BoxSchema } from './answers.ts';
import { type PanopticOutput, QueriesOutputSchema } from './panoptic.ts';

/** What model.yaml says of the output of a model that finds things one by one, and what such models answer. */

const output = (what: string) =>
  z.string().min(1).optional().describe(`The graph's output with ${what}; found by its shape when left out`);
const probability = z.number().min(0).max(1);
/** The answer `instances` as a picture has 16 bits. */
export const instancesMax = 65_535;

const common = {
  threshold: probability
    .default(0.5)
    .describe('Probability above which a pixel belongs to its instance; `threshold` of a request replaces it'),
  firstClass: z
    .int()
    .min(0)
    .default(0)
    .describe(
      'The number that the model gives to the first label: 1 where it counts from 1 and `labels` has no background',
    ),
};
const scoreThreshold = (usual: number) =>
  probability
    .default(usual)
    .describe('Instances with a lower score are left out; `scoreThreshold` of a request replaces it');
const maxInstances = (usual: number) =>
  z
    .int()
    .min(1)
    .max(instancesMax)
    .default(usual)
    .describe('At most so many, the highest scores first; `maxInstances` of a request replaces it');
const cropToBoxes = z.boolean().describe('Whether what a mask has outside its box is cut off');
const iouThreshold = (usual: number, what: string) => probability.default(usual).describe(what);

export const MaskRcnnOutputSchema = z
  .strictObject({
    family: z.literal('mask-rcnn'),
    boxes: output('boxes [N,4], x1 y1 x2 y2 in pixels of the input'),
    labels: output('class numbers [N]'),
    scores: output('scores [N]'),
    masks: output(
      'mask probabilities [N,1,m,m] to be pasted into the boxes, or [N,classes,m,m], or [N,1,H,W] of the whole input',
    ),
    scoreThreshold: scoreThreshold(0.5),
    maxInstances: maxInstances(100),
    ...common,
  })
  .describe('Mask R-CNN as torchvision and the ONNX model zoo export it; the graph chooses the boxes itself');

export const yoloHeads = ['v5', 'v8', 'end2end'] as const;

export const YoloOutputSchema = z
  .strictObject({
    family: z.literal('yolo'),
    predictions: output('the rows'),
    prototypes: output('the mask prototypes [1,k,h,w]'),
    head: z
      .enum(yoloHeads)
      .optional()
      .describe(
        'v5 (also v7): [1,anchors,5+classes+k] with objectness; v8 (also 11): [1,4+classes+k,anchors]; end2end (NMS inside, also v10 and 26): [1,N,6+k]; told from the shape when left out',
      ),
    scoreThreshold: scoreThreshold(0.25),
    iouThreshold: iouThreshold(
      0.7,
      'Of two boxes of one class that overlap more (intersection ÷ union), the one with the lower score is left out',
    ),
    maxInstances: maxInstances(300),
    candidatesMax: z
      .int()
      .min(1)
      .max(100_000)
      .default(30_000)
      .describe('Boxes that are compared with each other, the best first'),
    cropToBoxes: cropToBoxes.default(true),
    ...common,
  })
  .describe('YOLO segmentation: boxes, mask coefficients and prototypes');

export const FullMasksOutputSchema = z
  .strictObject({
    family: z.literal('full-masks'),
    detections: output('boxes and scores [1,N,5]: x1, y1, x2, y2 in pixels of the input, score'),
    labels: output('class numbers [1,N]'),
    masks: output('masks [1,N,H,W], probabilities or yes and no'),
    masksAre: z
      .enum(['probabilities', 'logits'])
      .default('probabilities')
      .describe('logits: the sigmoid is taken of them'),
    scoreThreshold: scoreThreshold(0.3),
    maxInstances: maxInstances(100),
    cropToBoxes: cropToBoxes.default(false),
    ...common,
  })
  .describe('Finished detections with masks of the whole picture, as RTMDet-Ins and YOLACT exports give them');

const plane = (what: string) =>
  z
    .strictObject({
      name: z.string().min(1).optional().describe("The graph's output [1,C,H,W]; may be left out when it has only one"),
      channel: z.int().min(0).describe('Its channel, from 0'),
      activation: z
        .enum(['none', 'sigmoid', 'softmax'])
        .default('none')
        .describe('softmax: over all channels of the output'),
    })
    .describe(what);

export const DenseOutputSchema = z
  .strictObject({
    family: z.literal('dense'),
    layout: z.enum(['nchw', 'nhwc']).optional().describe('Where the channels are; the input layout when left out'),
    foreground: plane('Probability that a pixel is part of any instance'),
    boundary: plane('Probability that a pixel is a border between instances').optional(),
    distance: plane('Distance to the border of the own instance, largest in the middle').optional(),
    seedThreshold: z
      .number()
      .default(0.5)
      .describe(
        'Seeds are the connected pixels above it: of the distance, or of foreground − boundary, or of the foreground',
      ),
    seedArea: z.int().min(1).default(1).describe('Smaller seeds are left out, in pixels of the output'),
    scoreThreshold: scoreThreshold(0),
    maxInstances: maxInstances(10_000),
    ...common,
  })
  .describe('Cells and the like: maps from which seeds grow by a watershed; every instance is of the first class');

export const StardistOutputSchema = z
  .strictObject({
    family: z.literal('stardist'),
    probability: output('object probabilities [1,1,h,w] or [1,h,w,1]'),
    distances: output('ray distances [1,rays,h,w] or [1,h,w,rays], in pixels of the input'),
    layout: z.enum(['nchw', 'nhwc']).optional().describe('Where the channels are; the input layout when left out'),
    scoreThreshold: scoreThreshold(0.5),
    iouThreshold: iouThreshold(
      0.4,
      'Of two polygons whose intersection ÷ the smaller area is larger, the one with the lower score is left out',
    ),
    maxInstances: maxInstances(10_000),
    candidatesMax: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(200_000)
      .describe('Polygons that are compared with each other, the best first'),
    ...common,
  })
  .describe('StarDist: star-convex polygons, one for each point of a grid');

export const InstanceOutputSchema = z.discriminatedUnion('family', [
  MaskRcnnOutputSchema,
  YoloOutputSchema,
  FullMasksOutputSchema,
  DenseOutputSchema,
  StardistOutputSchema,
  QueriesOutputSchema,
]);
export type InstanceOutput = z.infer<typeof InstanceOutputSchema>;
export type InstanceFamily = InstanceOutput['family'];
export type OutputOf<Family extends InstanceFamily> = Extract<InstanceOutput, { family: Family }>;

/** The outputs that a manifest names, by the key that names them. */
export function namedOutputs(output: InstanceOutput | PanopticOutput): [key: string, name: string][] {
  const named = (key: string, value: unknown) => (typeof value === 'string' ? [[key, value] as [string, string]] : []);
  switch (output.family) {
    case 'mask-rcnn':
      return ['boxes', 'labels', 'scores', 'masks'].flatMap((key) => named(key, output[key as 'boxes']));
    case 'yolo':
      return ['predictions', 'prototypes'].flatMap((key) => named(key, output[key as 'predictions']));
    case 'full-masks':
      return ['detections', 'labels', 'masks'].flatMap((key) => named(key, output[key as 'masks']));
    case 'dense':
      return (['foreground', 'boundary', 'distance'] as const).flatMap((key) =>
        named(`${key}.name`, output[key]?.name),
      );
    case 'queries':
      return ['classes', 'masks'].flatMap((key) => named(key, output[key as 'masks']));
    case 'stardist':
      return ['probability', 'distances'].flatMap((key) => named(key, output[key as 'distances']));
  }
}

export const InstanceSchema = z.object({
  id: z
    .int()
    .min(1)
    .max(instancesMax)
    .describe('Its number in the id map; 1 has the highest score, but of several boxes each has that of its box'),
  class: z.int().min(0).describe('Class index as it stands in the class map'),
  label: z.string(),
  color: z.string().describe('Its own colour, as the overlay shows it, #rrggbb; of stuff the class’s'),
  score: z.number().describe('0…1'),
  thing: z.boolean().optional().describe('panoptic models: false for stuff, of whose class there is one segment'),
  box: BoxSchema.describe('Smallest rectangle that holds every pixel of the mask'),
  area: z.int().positive().describe('Pixels of the mask; masks may overlap'),
  centroid: z
    .object({ x: z.number(), y: z.number() })
    .describe('Mean pixel centre, in pixels from the upper left corner'),
  segmentation: z
    .object({ size: z.tuple([z.int().positive(), z.int().positive()]), counts: z.string() })
    .describe('The mask as COCO’s compressed run lengths; size is height, width'),
});

export const InstancesSchema = z.object({
  width: z.int().positive(),
  height: z.int().positive(),
  instances: z.array(InstanceSchema).describe('Highest score first; empty when nothing was found'),
});
export type Instances = z.infer<typeof InstancesSchema>;
