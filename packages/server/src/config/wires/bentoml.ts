import { answerKinds } from '@segserve/contract';
import { z } from 'zod';

const identifier = z.string().regex(/^[A-Za-z_]\w{0,99}$/, 'expected a Python identifier');
const milliseconds = z.int().min(1).max(86_400_000);
const batchSize = z.int().min(1).max(1_000_000);
const headerText = z.string().regex(/^[\x20-\x7e]{1,1000}$/, 'expected visible ASCII');

const apiSchema = z.strictObject({
  name: identifier.describe('Name of the API'),
  route: z
    .string()
    .regex(/^\/?[\w.~-]+(\/[\w.~-]+)*$/, 'expected a path')
    .optional()
    .describe('Address of the API; its name when absent'),
  input: z
    .enum(['FileInput', 'ImageInput', 'MultiFileInput', 'MultiImageInput', 'JsonInput', 'StrictJsonInput'])
    .optional()
    .describe('Input adapter; FileInput when absent'),
  inputNames: z
    .array(headerText)
    .min(1)
    .max(64)
    .optional()
    .describe('MultiFileInput, MultiImageInput: names of the parts'),
  acceptImageFormats: z
    .array(z.string().regex(/^\.[a-z0-9]{1,10}$/, 'expected an ending such as ".jpg"'))
    .min(1)
    .optional()
    .describe('ImageInput, MultiImageInput: endings of file names'),
  model: z.string().min(1).optional().describe('A name from `models`, or a model of segserve; `net` when absent'),
  payload: z
    .enum(['classMap', 'reference', 'png', 'label', 'json', 'echo', 'shape', 'same'])
    .optional()
    .describe('What a reply holds; classMap, or label for classification models, when absent'),
  answer: z
    .enum(answerKinds)
    .optional()
    .describe('Which answer payload png (labels when absent) and payload json (stats when absent) hand on'),
  threshold: z.number().min(0).max(1).optional().describe('Matting models: opacity from which a pixel is class 1; 0.5'),
  batch: z.boolean().optional().describe('Whether micro-batching applies; true when absent'),
  mbMaxBatchSize: batchSize.optional().describe('Told in /metadata; the engine forms batches by its own plan; 2000'),
  mbMaxLatencyMs: milliseconds
    .optional()
    .describe('With micro-batching: answered with 429 when it cannot be met; 10000'),
  cors: headerText.optional().describe('Access-Control-Allow-Origin of every reply of this API (output_config.cors)'),
  picturesFolder: z
    .string()
    .min(1)
    .optional()
    .describe('`segserve run`: folder for a picture of each input in class colours, from where it is run'),
  docs: z.string().max(10_000).optional().describe('Text for the OpenAPI document'),
});

/** A bundle of BentoML 0.x. */
export const bentomlWireSchema = z.strictObject({
  name: z.literal('bentoml'),
  port: z.int().min(0).max(65_535).default(5000).describe('Port to listen on; 0 takes any free one'),
  host: z.string().min(1).optional().describe('Address to listen on; that of `listen` when absent'),
  version: z.enum(['0.9', '0.13']).default('0.9').describe('Which line of BentoML is spoken'),
  service: identifier.optional().describe('Name of the service; PytorchImageSegment or PytorchImageClassifier'),
  serviceVersion: z
    .string()
    .regex(/^[\w.+-]{1,100}$/, 'expected a version such as 20201009125205_5509D4')
    .optional()
    .describe('Version of the bundle; made at start when absent'),
  description: z.string().max(10_000).optional().describe('Text for the OpenAPI document'),
  models: z
    .record(z.string().min(1), z.string().min(1))
    .default({})
    .describe('Artifact of the bundle ↦ model of segserve; `net` is `portrait` when not named'),
  apis: z.array(apiSchema).min(1).max(100).optional().describe('APIs of the bundle; one named predict when absent'),
  microbatch: z.boolean().optional().describe('Keep to mbMaxLatencyMs; off in 0.9 and on in 0.13 when absent'),
  mbMaxBatchSize: batchSize.optional().describe('For every API, instead of its own'),
  mbMaxLatencyMs: milliseconds.optional().describe('For every API, instead of its own'),
  timeoutMs: milliseconds.default(60_000).describe('Deadline of a request'),
  requestBytesMax: z
    .int()
    .min(1)
    .max(2 ** 31)
    .default(20_971_520)
    .describe('Bytes of one request, unzipped'),
  enableMetrics: z.boolean().default(true).describe('/metrics'),
  enableFeedback: z.boolean().default(true).describe('/feedback'),
  enableSwagger: z.boolean().default(true).describe('The page under / and /docs; 0.13 alone can do without'),
  cors: z
    .strictObject({
      enabled: z.boolean().default(false),
      allowOrigin: headerText.optional().describe('"*" when absent'),
      allowCredentials: z.boolean().optional(),
      allowMethods: z.array(headerText).optional(),
      allowHeaders: z.array(headerText).optional(),
      exposeHeaders: z.array(headerText).optional(),
      maxAgeSeconds: z.int().min(0).optional(),
    })
    .optional()
    .describe('Which web pages may call this bundle (bento_server.cors)'),
});
