import { z } from 'zod';

/** What a trimap says of a pixel. */
export const trimapClasses = ['background', 'unknown', 'foreground'] as const;
export type TrimapClass = (typeof trimapClasses)[number];

/** `input.trimap` of model.yaml: how a matting model takes the trimap that comes beside the picture. */
export const TrimapInputSchema = z
  .strictObject({
    name: z
      .string()
      .min(1)
      .optional()
      .describe("The graph's input for it, [N,channels,H,W]; left out: channels of the image input behind R, G and B"),
    encoding: z
      .enum(['value', 'onehot'])
      .default('value')
      .describe('value: one channel of numbers (`values`); onehot: a channel of 0 and 1 for each class of `channels`'),
    values: z
      .tuple([z.number(), z.number(), z.number()])
      .default([0, 0.5, 1])
      .describe('value: the numbers of background, unknown and foreground, as the network reads them'),
    channels: z
      .array(z.enum(trimapClasses))
      .min(1)
      .max(3)
      .refine((list) => new Set(list).size === list.length, 'each class once')
      .default(['background', 'unknown', 'foreground'])
      .describe('onehot: the class of each channel, in order'),
  })
  .describe('matting: the model needs a trimap beside the picture');
export type TrimapInput = z.infer<typeof TrimapInputSchema>;
