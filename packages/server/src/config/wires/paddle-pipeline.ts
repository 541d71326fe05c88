import { answerKinds } from '@segserve/contract';
import { z } from 'zod';

const port = z.int().min(0).max(65_535);
const answers = [...answerKinds, 'tensors'] as const;

const opSchema = z.strictObject({
  model: z.string().min(1).default('portrait').describe('The model that the operator runs: name or name:version'),
  answer: z
    .enum(answers)
    .default('cutout')
    .describe('What becomes the value; tensors: raw tensors in, the text form of the raw outputs back'),
  key: z.string().min(1).default('alpha').describe('Name of the value in the reply'),
  input: z
    .string()
    .min(1)
    .default('request')
    .describe('Whose picture it takes: the request’s, or that of another operator'),
  keepColors: z
    .boolean()
    .default(true)
    .describe('cutout: what is transparent keeps its colours, as the predecessor’s matting operator leaves them'),
  timeoutMs: z.int().min(1).max(600_000).optional().describe('Time of one attempt'),
  retry: z.int().min(1).max(10).default(1).describe('Attempts; only a time-out is tried again'),
});

/** Paddle Serving in pipeline mode. */
export const paddlePipelineWireSchema = z.strictObject({
  name: z.literal('paddle-pipeline'),
  port: port.default(18_080).describe('Port of the HTTP gateway'),
  grpcPort: port.optional().describe('Port of the gRPC service; that of the gateway when absent'),
  host: z.string().min(1).optional(),
  bodyBytesMax: z
    .int()
    .min(1024)
    .max(2 ** 31 - 1)
    .optional()
    .describe('Bytes of one message; as `listen` says when absent'),
  service: z
    .string()
    .regex(/^[^/\s]+$/, 'one segment of a path')
    .default('matting')
    .describe('First segment of the path, and `name` of a gRPC request'),
  generation: z
    .enum(['0.4', '0.7', '0.9'])
    .default('0.9')
    .describe('Whose error numbers: v0.4 to v0.6, v0.7, v0.8 to v0.9'),
  ops: z
    .record(z.string().min(1), opSchema)
    .prefault({ matting: {} })
    .describe('The operators by name; those that no other takes a picture from make the reply'),
  useProfile: z.boolean().default(false).describe('Every reply tells its timing'),
});
