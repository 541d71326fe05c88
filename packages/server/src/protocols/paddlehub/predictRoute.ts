import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { WireServices } from '../../domain/wire.ts';
import { callerLeft } from '../wire/callerLeft.ts';
import { mergedArguments } from './callArguments.ts';
import { methodError } from './faults.ts';
import type { LoadedModule } from './loadModules.ts';
import { parsePredict } from './parsePredict.ts';
import { predict } from './predict.ts';
import { notAvailable, outOfDate, resultsOf, statusReply } from './replies.ts';
import { sendJson } from './sendJson.ts';
import type { PaddlehubSettings } from './settings.ts';

type Request = FastifyRequest<{ Params: { module: string } }>;

/** The words of the two releases for the same four outcomes. */
const statusWords = {
  '2': { done: '000', failed: '101', notAvailable: '111', outOfDate: '112' },
  '1.8': { done: '0', failed: '-1', notAvailable: '-1', outOfDate: '-1' },
} as const;

/** `POST /predict/<module>`: the module, the body, the method, the reply. */
export function predictRoute(
  app: FastifyInstance,
  modules: ReadonlyMap<string, LoadedModule>,
  services: WireServices,
  { version = '2', useGpu = false }: PaddlehubSettings,
): void {
  const words = statusWords[version];
  app.post('/predict/:module', async (request: Request, reply) => {
    const name = request.params.module;
    const signal = callerLeft(reply.raw);
    const module = modules.get(name);
    if (module === undefined) return send(words.notAvailable, notAvailable(name));
    const body = await parsePredict(request.body as Buffer | undefined, request.headers['content-type']);
    if (body === undefined) return send(words.outOfDate, outOfDate(name));
    const given = mergedArguments(module.predictArgs, body);
    try {
      const results = await predict({ module, given, useGpu, signal, requestId: request.id }, services);
      return sendJson(request, reply, statusReply(words.done, '', resultsOf(module.family, results)));
    } catch (error) {
      const { text, headers } = methodError(error);
      reply.headers(headers);
      return send(words.failed, version === '2' ? text : 'Please check data format!');
    }

    function send(status: string, msg: string): FastifyReply {
      return sendJson(request, reply, statusReply(status, msg, ''));
    }
  });
}
