import { promisify } from 'node:util';
import { deflate, gzip } from 'node:zlib';
import Negotiator from 'negotiator';
import type { InferBody } from './formatInfer.ts';

const coders = { gzip: promisify(gzip), deflate: promisify(deflate) };
const bytesMin = 1024;
/** The quickest: tensors of floats hardly become smaller with more effort. */
const options = { level: 1 };

/**
 * The reply compressed when Accept-Encoding names gzip or deflate (with the zlib wrapper: RFC 9110 §8.4.1.2), as Triton does;
 * Inference-Header-Content-Length goes on counting what was compressed.
 */
export async function compressReply(reply: InferBody, acceptEncoding: string | undefined): Promise<InferBody> {
  if (acceptEncoding === undefined || reply.body.length < bytesMin) return reply;
  const negotiator = new Negotiator({ headers: { 'accept-encoding': acceptEncoding } });
  const [coding] = negotiator.encodings(['gzip', 'deflate', 'identity']);
  if (coding !== 'gzip' && coding !== 'deflate') return reply;
  const body = await coders[coding](reply.body, options);
  return { headers: { ...reply.headers, 'content-encoding': coding, vary: 'Accept-Encoding' }, body };
}
