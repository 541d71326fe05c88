import { z } from 'zod';

const port = z.int().min(0).max(65_535);

/** The Open Inference Protocol v2, as KServe and Triton speak it. */
const plainSchema = z.strictObject({
  name: z.literal('oip'),
  port: port.default(8000).describe('Port of the HTTP form; 0 takes any free one'),
  grpcPort: port
    .optional()
    .describe(
      'Port of the gRPC form; may be that of the HTTP form. When absent 8001, and where `port` is 0 any free one',
    ),
  host: z.string().min(1).optional().describe('Address to listen on; that of `listen` when absent'),
  bodyBytesMax: z
    .int()
    .min(1024)
    .max(2 ** 31 - 1)
    .default(128 * 1024 * 1024)
    .describe('Bytes of one message: an HTTP body, before and after gzip or deflate is undone, or a gRPC message'),
  models: z
    .record(z.string().min(1).max(256), z.string().min(1))
    .default({})
    .describe(
      'More names for models: the name that clients use -> name or name:version. Every model has its own name anyway',
    ),
  modelControl: z
    .enum(['none', 'explicit'])
    .default('none')
    .describe('explicit: clients may load and unload models; none: they may not, as in Triton unless told otherwise'),
  listImageInput: z
    .boolean()
    .default(false)
    .describe(
      'Whether metadata lists the input `image` that takes encoded pictures; clients that send something to every input must not see it',
    ),
  imagesMax: z.int().min(1).max(1024).default(32).describe('Pictures of one request'),
  streamRequestsMax: z
    .int()
    .min(1)
    .max(256)
    .default(8)
    .describe('Requests of one gRPC stream that are answered at the same time'),
});

/** Whoever asks for any free port wants no fixed one beside it. */
export const oipWireSchema = plainSchema.overwrite((wire) => ({
  ...wire,
  grpcPort: wire.grpcPort ?? (wire.port === 0 ? 0 : 8001),
}));
