import { z } from 'zod';

const moduleName = z.string().regex(/^[A-Za-z0-9_.-]{1,100}$/, 'expected the name of a PaddleHub module');

/** PaddleHub Serving. */
export const paddlehubWireSchema = z.strictObject({
  name: z.literal('paddlehub'),
  port: z.int().min(0).max(65_535).default(8866).describe('Port to listen on; 0 takes any free one'),
  host: z.string().min(1).optional().describe('Address to listen on; that of `listen` when absent'),
  models: z
    .record(moduleName, z.string().min(1))
    .default({})
    .describe('PaddleHub module ↦ model of segserve; modules of people answer with `portrait` when not named'),
  modules: z
    .array(moduleName)
    .optional()
    .describe('Modules that are loaded, besides those in `models`; the humanseg family when absent'),
  predictArgs: z
    .record(moduleName, z.record(z.string(), z.json()))
    .default({})
    .describe('PaddleHub module ↦ arguments that hold where a request does not say otherwise'),
  version: z
    .enum(['2', '1.8'])
    .default('2')
    .describe('Form of the replies of /predict/<module>: release 2.x or 1.8 of PaddleHub'),
  useGpu: z
    .boolean()
    .default(false)
    .describe('Take `use_gpu: true` in requests, which changes nothing: where a model runs is set elsewhere'),
});
