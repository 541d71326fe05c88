import { z } from 'zod';

/** Names of models are shown to callers, joined into one pattern. */
const modelName = z.string().regex(/^[\w.-]{1,100}$/, 'expected a name of letters, digits and _ . -');

/** The HTTP server of `rembg s`. */
export const rembgWireSchema = z.strictObject({
  name: z.literal('rembg'),
  port: z.int().min(0).max(65_535).default(7000).describe('Port to listen on; 0 takes any free one'),
  host: z.string().min(1).optional().describe('Address to listen on; that of `listen` when absent'),
  models: z
    .record(modelName, z.string().min(1))
    .default({})
    .describe('Model of rembg (u2net, isnet-general-use …) ↦ model of segserve; `portrait` where not named'),
  defaultModel: modelName.optional().describe('Model of rembg that answers requests that name none; u2net when absent'),
  cors: z.boolean().optional().describe('Whether web pages of every origin may read the replies; true when absent'),
});
