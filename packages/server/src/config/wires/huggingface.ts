import { z } from 'zod';

const part = '[A-Za-z0-9][A-Za-z0-9_.-]{0,95}';
const hubName = z
  .string()
  .regex(new RegExp(`^(${part}/)?${part}$`), 'expected the name of a model on the Hub, such as org/name');

/** The Inference API of Hugging Face. */
export const huggingfaceWireSchema = z.strictObject({
  name: z.literal('huggingface'),
  port: z.int().min(0).max(65_535).default(8081).describe('Port to listen on; 0 takes any free one'),
  host: z.string().min(1).optional().describe('Address to listen on; that of `listen` when absent'),
  models: z
    .record(hubName, z.string().min(1))
    .default({})
    .describe('Model of the Hub (org/name) ↦ model of segserve; segserve/<model> needs no entry'),
  default: z.string().min(1).default('portrait').describe('Model of segserve that answers where none is named'),
  anyName: z.boolean().default(false).describe('Unknown models are answered by `default` instead of with 404'),
  token: z
    .string()
    .regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without spaces')
    .optional()
    .describe('Bearer token that requests must have; when absent Authorization is not looked at'),
  loadWaitMs: z
    .int()
    .min(0)
    .max(3_600_000)
    .default(60_000)
    .describe('How long x-wait-for-model waits for a model that loads'),
});
