import { z } from 'zod';

const tasks = [
  'scene_segmentation',
  'matting',
  'classification',
  'enhancement',
  'mono_depth_estimation',
  'obj_detection',
  'ocr',
  'feature_point',
  'diffusion',
  'llm',
] as const;

const milliseconds = z.int().max(86_400_000);
const side = z.int().min(1).max(65_535);
/** No query, and nothing that a router takes for a pattern. */
const targetForm = /^(\/[\w.~-]+)+$/;
const target = z.string().regex(targetForm, 'expected a path such as /my/server, of letters, digits and . _ ~ -');
/** What the wire itself answers. */
const reserved = /^\/(welcome|hello_world|healthz|ready|metrics|openapi\.json|jobs(\/.*)?)$/;
const mapSize = z.union([z.enum(['input', 'model']), z.strictObject({ width: side, height: side })]);

const uri = z.strictObject({
  task: z.enum(tasks).describe('What the server does; decides the shape of `data`'),
  model: z.string().min(1).optional().describe('A name from `models`, or a model of segserve'),
  size: mapSize
    .optional()
    .describe('Of class maps and mattes: that of the photo (input), of the network (model), or fixed'),
});

const jobs = z.strictObject({
  enabled: z.boolean().default(false).describe('/jobs (async_enabled)'),
  uri: target.optional().describe('Whose model the jobs run on; the first of `uris`, or bisenetv2, when absent'),
  timeoutMs: milliseconds.min(1).optional().describe('async_timeout; 300000 when absent'),
  queueMax: z.int().min(0).max(100_000).optional().describe('Jobs that are pending (async_max_queue); 16 when absent'),
  ttlMs: milliseconds.min(1).optional().describe('How long an ended job is kept (async_job_ttl); 300000 when absent'),
  completedMax: z.int().min(1).max(100_000).optional().describe('Ended jobs that are kept; 100 when absent'),
});

const strict = z.strictObject({
  authToken: z.string().optional().describe('Bearer token (auth_token); none when absent or empty'),
  rateLimitQps: z.number().min(0).max(1_000_000).optional().describe('Of one client address; 0: no limit'),
  bodyBytesMax: z
    .int()
    .min(1)
    .max(2 ** 31)
    .optional()
    .describe('Bytes of one body (request_size_limit), within listen.bodyBytesMax; 64 MiB when absent'),
  queueDepthMax: z.int().min(0).max(1_000_000).optional().describe('Waiting requests of one address; 0: no limit here'),
  requireContentType: z
    .boolean()
    .optional()
    .describe('Whether a body without Content-Type is refused; true when absent. The own client of era C sends none'),
  jobs: jobs.optional().describe('Asynchronous jobs'),
});

/** Mortred model server. */
export const mortredWireSchema = z
  .strictObject({
    name: z.literal('mortred'),
    port: z.int().min(0).max(65_535).default(8091).describe('Port to listen on; 0 takes any free one'),
    host: z.string().min(1).optional().describe('Address to listen on; that of `listen` when absent'),
    profile: z.enum(['a', 'b', 'c']).optional().describe('Era: a (2022) when absent, b (2025), or c (strict, 2026)'),
    models: z
      .record(z.string().min(1), z.string().min(1))
      .default({})
      .describe('Server name, the last word of its address (bisenetv2, modnet …) ↦ model of segserve'),
    uris: z.record(z.string(), uri).optional().describe('Addresses besides the built-in ones, or in their place'),
    modelSize: mapSize.optional().describe('a, b: size of the class map of bisenetv2; model when absent'),
    successCode: z
      .union([z.literal(0), z.literal(1)])
      .optional()
      .describe('a, b: code of a success, 0 when absent; the tutorial of era A shows 1'),
    requireRequestId: z.boolean().optional().describe('a, b: refuse requests without req_id; true when absent'),
    runTimeoutMs: milliseconds
      .min(0)
      .optional()
      .describe('model_run_timeout; 0: as long as limits.deadlineMsMax; limits.deadlineMsDefault when absent'),
    strict: strict.optional().describe('What only profile c knows'),
  })
  .superRefine(({ profile, host, uris = {}, strict: own }, context) => {
    for (const path of Object.keys(uris)) {
      if (targetForm.test(path) && !reserved.test(path)) continue;
      const message = 'expected a path such as /my/server, of letters, digits and . _ ~ -, that is not taken';
      context.addIssue({ code: 'custom', path: ['uris', path], message });
    }
    const hasToken = (own?.authToken ?? '') !== '';
    if (profile === 'c' && !hasToken && host !== undefined && !isLoopback(host)) {
      const message = `expected strict.authToken, since profile c listens on ${host}, which others can reach`;
      context.addIssue({ code: 'custom', path: ['strict', 'authToken'], message });
    }
    if (profile !== 'c' && own !== undefined) {
      const message = `expected profile "c" beside it, but received profile "${profile ?? 'a'}"`;
      context.addIssue({ code: 'custom', path: ['strict'], message });
    }
  });

function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}
