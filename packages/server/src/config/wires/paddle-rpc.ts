import { z } from 'zod';

const port = z.int().min(0).max(65_535);
const aliases = z.record(z.string().min(1).max(256), z.string().min(1).max(256));

/** Paddle Serving in RPC mode: GeneralModelService over HTTP, gRPC and baidu_std on one port. */
export const paddleRpcWireSchema = z.strictObject({
  name: z.literal('paddle-rpc'),
  port: port.default(9393).describe('Port of all three forms; 0 takes any free one'),
  host: z.string().min(1).optional().describe('Address to listen on; that of `listen` when absent'),
  bodyBytesMax: z
    .int()
    .min(1024)
    .max(2 ** 31 - 1)
    .default(512 * 1024 * 1024)
    .describe('Bytes of one message, before and after it is unpacked (--max_body_size)'),
  models: z
    .record(z.string().min(1).max(256), z.string().min(1))
    .refine((models) => Object.keys(models).length === 1, 'expected one model: this wire cannot tell several apart')
    .default({ GeneralInferOp_0: 'portrait' })
    .describe('The engine name that replies carry -> name or name:version of the model; one entry'),
  feed: aliases
    .optional()
    .describe('Inputs: alias -> variable of the graph, in the order of feed_var; the graph’s own names when absent'),
  fetch: aliases
    .optional()
    .describe('Outputs: alias -> variable of the graph, in the order of fetch_var; the graph’s own names when absent'),
  generation: z
    .enum(['auto', '0.7', '0.6'])
    .default('auto')
    .describe('Layout of the messages: of v0.7 to v0.9, of v0.5 and v0.6, or told apart by their bytes'),
});
