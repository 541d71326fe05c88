import { z } from 'zod';

const port = z.int().min(0).max(65_535);

/** PaddleSegServing: ImageSegService over HTTP and baidu_std on one port. */
export const paddlesegServingWireSchema = z.strictObject({
  name: z.literal('paddleseg-serving'),
  port: port.default(8010).describe('Port of both forms; 0 takes any free one'),
  host: z.string().min(1).optional().describe('Address to listen on; that of `listen` when absent'),
  bodyBytesMax: z
    .int()
    .min(1024)
    .max(2 ** 31 - 1)
    .default(64 * 1024 * 1024)
    .describe('Bytes of one message, before and after it is unpacked'),
  models: z
    .record(z.string().min(1).max(256), z.string().min(1))
    .refine((models) => Object.keys(models).length === 1, 'expected one model: this wire cannot tell several apart')
    .default({ human_segmentation: 'portrait' })
    .describe('MODEL_NAME of seg_conf.yaml -> name or name:version of the model; one entry'),
  profile: z
    .enum(['release', 'seed'])
    .default('release')
    .describe('release: 255 × the probability of class 1; seed: the class of each pixel'),
  channels: z
    .union([z.literal(3), z.literal(4)])
    .default(3)
    .describe('Channels that a PNG or JPEG must have (CHANNELS of seg_conf.yaml)'),
});
