import type { ModelDetail, SegmentOptions } from '@segserve/contract';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerSizeOf } from '../../domain/answerSize.ts';
import type { Engine } from '../../domain/engineDoor.ts';
import { publish } from '../../domain/events.ts';
import type { Fault } from '../../domain/fault.ts';
import type { KeptPictures } from '../../domain/keptPictures.ts';
import type { SegmentRequest, SegmentResult } from '../../domain/request.ts';
import { runsRequest } from '../../domain/tileWords.ts';
import { callerLeft } from '../wire/callerLeft.ts';
import { elapsedMs } from '../wire/elapsed.ts';
import { faultOfError } from '../wire/faultOfError.ts';
import { serverTiming } from '../wire/serverTiming.ts';
import { Admission } from './admission.ts';
import { checkOptions } from './checkOptions.ts';
import { chooseAnswers, type ReplyShape } from './chooseAnswers.ts';
import { problemReply } from './faults.ts';
import { formatResult } from './format.ts';
import { formatSeveral, severalShape } from './formatSeveral.ts';
import { bodyFormOf, parseSegment } from './parse.ts';
import { keptHeader, queryImage } from './pictureRefs.ts';
import { type PictureOutcome, segmentSeveral } from './segmentSeveral.ts';

type Request = FastifyRequest<{ Params: { model: string } }>;

/** What is known of a request before its body has come. */
interface Opening {
  readonly model: ModelDetail;
  readonly signal: AbortSignal;
  reachedEngine: boolean;
}

/** `POST /v1/models/{model}/segment`: parse, ask the engine, format. */
export function segmentRoute(app: FastifyInstance, engine: Engine, kept: KeptPictures, imagesMax: number): void {
  const admission = new Admission(engine);
  const openings = new WeakMap<FastifyRequest, Opening>();

  app.post('/v1/models/:model/segment', {
    // Everything that can be refused without the body is refused before it.
    async onRequest(request: Request, reply) {
      const model = engine.model(request.params.model);
      reply.header('x-segserve-model', `${model.name}:${model.version}`);
      openings.set(request, { model, signal: callerLeft(reply.raw), reachedEngine: false });
      checkOptions(queryImage(request.query as Record<string, unknown>).options);
      bodyFormOf(request.headers);
      admission.check();
    },
    async handler(request: Request, reply) {
      const opening = openings.get(request)!;
      const { signal, model } = opening;
      const { pictures, isSeveral, options, prompts } = await parseSegment(request, { kept, imagesMax, signal });
      const { answers, shape } = chooseAnswers(model, options, request.headers.accept);
      const packing = isSeveral ? severalShape(request.headers.accept, options.response) : shape;
      const common = { ...requestOf(request, options), answers, signal, ...(prompts === undefined ? {} : { prompts }) };
      const requests = pictures.map((picture) => ({ ...common, ...picture }));
      opening.reachedEngine = true;
      if (isSeveral) {
        const outcomes = await segmentSeveral(engine, requests, (fault) => admission.learn(fault));
        return sendSeveral(request, reply, outcomes, packing);
      }
      const [only] = requests as [SegmentRequest];
      const result = await engine.segment(only);
      if (prompts !== undefined) reply.headers(await keptHeader(only.image, kept));
      return sendResult(request, reply, result, shape);
    },
    errorHandler(error, request, reply) {
      const opening = openings.get(request);
      const fault = faultOfError(error, 'segment');
      if (opening?.reachedEngine === true) admission.learn(fault);
      else publishRefusal(fault, request as Request, opening?.model);
      const { status, headers, body } = problemReply(fault, request.id);
      reply.header('server-timing', serverTiming(undefined, elapsedMs(request)));
      return reply.code(status).headers(headers).send(body);
    },
  });
}

/** What a request says besides its pictures and the answers to them. */
function requestOf(request: Request, options: SegmentOptions): Omit<SegmentRequest, 'image' | 'answers'> {
  const size = options.size === undefined ? undefined : answerSizeOf(options.size);
  return {
    model: request.params.model,
    requestId: request.id,
    ...(options.threshold === undefined ? {} : { threshold: options.threshold }),
    ...(options.refine === undefined ? {} : { refine: options.refine }),
    ...(options.scoreThreshold === undefined ? {} : { scoreThreshold: options.scoreThreshold }),
    ...(options.maxInstances === undefined ? {} : { maxInstances: options.maxInstances }),
    ...(size === undefined ? {} : { size }),
    ...runsRequest(options),
    ...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
  };
}

function sendSeveral(
  request: Request,
  reply: FastifyReply,
  outcomes: readonly PictureOutcome[],
  shape: ReplyShape,
): FastifyReply {
  const { headers, body } = formatSeveral(outcomes, shape, request.id);
  if (shape === 'json') request.headers['x-no-compression'] = 'pictures';
  return reply
    .header('server-timing', serverTiming(undefined, elapsedMs(request)))
    .header('cache-control', 'no-store')
    .headers(headers)
    .send(body);
}

function sendResult(request: Request, reply: FastifyReply, result: SegmentResult, shape: ReplyShape): FastifyReply {
  const { headers, body } = formatResult(result, shape);
  // Pictures inside JSON are compressed already: a second time costs a core and saves next to nothing.
  if (shape === 'json') request.headers['x-no-compression'] = 'pictures';
  return reply
    .header('x-segserve-model', result.model)
    .header('server-timing', serverTiming(result, elapsedMs(request)))
    .header('cache-control', 'no-store')
    .headers(headers)
    .send(body);
}

/** The engine tells of every request that reaches it; this tells of those that do not. */
function publishRefusal(fault: Fault, request: Request, model: ModelDetail | undefined): void {
  publish('segserve:request', {
    requestId: request.id,
    model: model === undefined ? request.params.model : `${model.name}:${model.version}`,
    outcome: fault.code,
    totalMs: elapsedMs(request),
    timings: undefined,
    batchSize: undefined,
    imageBytes: 0,
  });
}
