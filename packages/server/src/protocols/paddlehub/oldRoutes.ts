import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { SegmentRequest } from '../../domain/request.ts';
import type { WireServices } from '../../domain/wire.ts';
import { callerLeft } from '../wire/callerLeft.ts';
import { methodError } from './faults.ts';
import type { LoadedModule } from './loadModules.ts';
import { oldAnswer, oldResults } from './oldImageReply.ts';
import { parseOldImage, unrecognized } from './parseOldImage.ts';
import { notAvailable, outOfDate, statusReply } from './replies.ts';
import { segmentPictures } from './segmentPictures.ts';
import { sendJson } from './sendJson.ts';

type Request = FastifyRequest<{ Params: { module: string } }>;
type Modules = ReadonlyMap<string, LoadedModule>;

/** What release 1.8 had besides `/predict/<module>`; release 2.x has none of these addresses, so both are served. */
export function oldRoutes(app: FastifyInstance, modules: Modules, services: WireServices): void {
  app.route({
    method: ['GET', 'POST'],
    url: '/get/modules',
    handler: async (request, reply) => sendJson(request, reply, jsonLine({ module_info: moduleInfo(modules) })),
  });
  app.post('/predict/image/:module', async (request: Request, reply) => {
    const { module: name } = request.params;
    const signal = callerLeft(reply.raw);
    const module = modules.get(name);
    if (module === undefined) return sendJson(request, reply, jsonLine({ error: notAvailable(name) }));
    return sendJson(request, reply, await predictImage(module, request, signal, services));
  });
  // There are no modules for text here.
  app.post('/predict/text/:module', async (request: Request, reply) =>
    sendJson(request, reply, jsonLine({ error: notAvailable(request.params.module) })),
  );
}

async function predictImage(
  module: LoadedModule,
  request: Request,
  signal: AbortSignal,
  { engine }: WireServices,
): Promise<Buffer> {
  const answer = oldAnswer(module);
  // The misspelt key is the predecessor's own.
  if (answer === undefined) return statusReply('-1', { Warnning: outOfDate(module.name) }, '');
  try {
    const body = (request.body as Buffer | undefined) ?? Buffer.alloc(0);
    const pictures = await parseOldImage(body, request.headers['content-type'] ?? '', signal);
    if (pictures === unrecognized) return statusReply('-1', 'Unrecognized file type', '');
    if (pictures.length === 0) return statusReply('-1', 'Please check data format!', '');
    const results = await segmentPictures(
      {
        model: module.model,
        pictures: pictures.map(({ bytes }) => ({ bytes, path: undefined })),
        answers: [answer],
        signal,
        requestId: request.id,
      },
      (one: SegmentRequest) => engine.segment(one),
    );
    return statusReply('0', '', oldResults(module.name, pictures, results));
  } catch (error) {
    // Told to the log where it is a defect; the caller of this release was never told more.
    methodError(error);
    return statusReply('-1', 'Please check data format!', '');
  }
}

function moduleInfo(modules: Modules): object {
  if (modules.size === 0) return {};
  const names = [...modules.keys()].map((name) => ({ [name]: name }));
  return { cv_module: [{ 'Choose...': 'Choose...' }, ...names] };
}

function jsonLine(value: object): Buffer {
  return Buffer.from(`${JSON.stringify(value)}\n`);
}
