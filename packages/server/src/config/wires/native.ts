import { z } from 'zod';

/** The native HTTP API on one more port. */
export const nativeWireSchema = z.strictObject({
  name: z.literal('native'),
  port: z.int().min(0).max(65_535).default(8080).describe('Port to listen on; 0 takes any free one'),
  host: z.string().min(1).optional().describe('Address to listen on; that of `listen` when absent'),
});
