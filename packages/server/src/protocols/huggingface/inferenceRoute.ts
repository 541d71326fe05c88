import type { ModelDetail, Timings } from '@segserve/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WireServices } from '../../domain/wire.ts';
import { callerLeft } from '../wire/callerLeft.ts';
import { computeTypeOf } from './computeType.ts';
import { formatSegments } from './formatSegments.ts';
import type { ModelNames } from './modelNames.ts';
import { parseRequest } from './parseRequest.ts';
import { segmentationOf } from './segmentationOf.ts';
import { segmentOnceLoaded } from './segmentOnceLoaded.ts';
import type { HuggingfaceSettings } from './settings.ts';

/** An endpoint of one's own, the Inference API, and its name behind the router. */
const addresses = [
  '/',
  '/predict',
  ...['/models', '/hf-inference/models'].flatMap((base) => [`${base}/:name`, `${base}/:org/:name`]),
];

/** Requests that do not ask to wait do so for a moment: on 503 the JavaScript client asks again without a pause. */
const shortWaitMs = 1000;

/** An address that may name a model. */
export type Named = FastifyRequest<{ Params: { org?: string; name?: string } }>;

/** The model, the picture, the engine, the list. */
export function inferenceRoute(
  app: FastifyInstance,
  names: ModelNames,
  { engine, sources }: WireServices,
  { loadWaitMs = 60_000 }: HuggingfaceSettings,
): void {
  const handler = async (request: Named, reply: FastifyReply) => {
    const signal = callerLeft(reply.raw);
    const ref = names.refOf(nameOf(request));
    const model = engine.model(ref);
    const { headers, body } = request;
    const asked = await parseRequest({ body: body as Buffer | undefined, headers, signal }, sources);
    const wish = segmentationOf(model, asked.parameters);
    const wanted = { ...wish, model: ref, image: asked.image, signal, requestId: request.id };
    const waitMs = asked.waitForModel ? loadWaitMs : Math.min(shortWaitMs, loadWaitMs);
    const result = await segmentOnceLoaded((it) => engine.segment(it), wanted, waitMs);
    const list = await formatSegments(result.answers[0]!.bytes, asked.parameters.threshold);
    // Pictures in base64 are not worth compressing again.
    headers['x-no-compression'] = 'pictures';
    return reply
      .headers({ 'content-type': 'application/json', ...computeHeaders(result.timings, engine.model(ref)) })
      .send(list);
  };
  for (const url of addresses) app.post(url, handler);
}

/** `org/name`, or what stands for it; undefined where the address names no model. */
export function nameOf({ params: { org, name } }: Named): string | undefined {
  return org === undefined ? name : `${org}/${name}`;
}

/** Seconds of work, the time in the queue not counted, and what the work was done on. */
function computeHeaders(
  { decode, preprocess, infer, postprocess, encode }: Timings,
  model: ModelDetail,
): Record<string, string> {
  const seconds = (decode + preprocess + infer + postprocess + encode) / 1000;
  const type = computeTypeOf(model);
  return { 'x-compute-time': seconds.toFixed(3), ...(type === undefined ? {} : { 'x-compute-type': type }) };
}
