import { z } from 'zod';
import { byte } from './numbers.ts';
import { TrimapInputSchema } from './trimap.ts';

/** What model.yaml says of the picture that a graph takes: its size, how it is brought there, and its numbers. */

const threeNumbers = z.tuple([z.number(), z.number(), z.number()]);
const side = z.int().min(1).max(16384);

export const SizeRuleSchema = z.discriminatedUnion('rule', [
  z
    .strictObject({ rule: z.literal('fixed'), width: side, height: side })
    .describe('Every picture is brought to this size'),
  z
    .strictObject({
      rule: z.enum(['shortSide', 'longSide']),
      pixels: side.describe('What the short (or long) side becomes; the other follows the aspect ratio'),
      multiple: z.int().min(1).max(1024).default(1).describe('Both sides are rounded to the nearest multiple of this'),
      maxSide: side.default(4096).describe('No side becomes longer than this'),
    })
    .describe('One side is given, the other keeps the aspect ratio'),
  z
    .strictObject({
      rule: z.literal('free'),
      multiple: z.int().min(1).max(1024).default(1),
      maxSide: side.default(2048),
    })
    .describe("The picture's own size, rounded to a multiple, shrunk only above maxSide"),
]);
export type SizeRule = z.infer<typeof SizeRuleSchema>;

export const ResizeKernelSchema = z.enum(['nearest', 'linear', 'cubic', 'lanczos']);
export type ResizeKernel = z.infer<typeof ResizeKernelSchema>;

export const ManifestInputSchema = z.strictObject({
  name: z.string().min(1).optional().describe("The graph's image input; may be left out when it has only one"),
  layout: z.enum(['nchw', 'nhwc']).default('nchw'),
  channels: z.enum(['rgb', 'bgr']).default('rgb'),
  size: SizeRuleSchema,
  fit: z
    .enum(['stretch', 'letterbox', 'crop', 'tile'])
    .default('stretch')
    .describe(
      'stretch: both sides to the size; letterbox: aspect ratio kept, the rest padded; crop (classification only, size.rule fixed): aspect ratio kept, the middle alone is seen (cropShare); tile (semantic, matting): the picture at its own scale, in overlapping tiles of the input size (overlap)',
    ),
  overlap: z
    .number()
    .min(0)
    .max(8192)
    .default(0.25)
    .describe(
      'Tiles: what neighbours have in common, as a share of the tile below 1 and in pixels from 1 on; at most half a tile counts',
    ),
  cropShare: z
    .number()
    .min(0.1)
    .max(1)
    .default(0.875)
    .describe(
      'crop: the input size ÷ the size that the picture must fill before its middle is cut out; 0.875 for "resize the short side to 256, crop 224"',
    ),
  align: z
    .enum(['center', 'topLeft'])
    .default('center')
    .describe('letterbox: where the picture stands; topLeft: only the right or the bottom is padded'),
  pad: z.tuple([byte, byte, byte]).default([0, 0, 0]).describe('Colour of the padding (R, G, B), before normalisation'),
  kernel: ResizeKernelSchema.default('linear'),
  resizeIn: z
    .enum(['pipeline', 'graph'])
    .default('pipeline')
    .describe(
      'pipeline: antialiased, on decode. graph: a Resize operator (half-pixel centres, no antialias, as in OpenCV); the batch then holds one picture',
    ),
  scale: z
    .number()
    .positive()
    .default(1 / 255)
    .describe('x ↦ (x · scale − mean) / std, per channel in the order of `channels`'),
  mean: threeNumbers.default([0, 0, 0]),
  std: threeNumbers.default([1, 1, 1]),
  trimap: TrimapInputSchema.optional(),
});
export type ManifestInput = z.infer<typeof ManifestInputSchema>;
