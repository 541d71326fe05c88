import type { FastifyInstance } from 'fastify';
import { Fault } from '../../domain/fault.ts';
import type { FaultReply } from '../../domain/wire.ts';
import { callerLeft } from '../wire/callerLeft.ts';
import { faultOfError } from '../wire/faultOfError.ts';
import { PipelineError, replyOfError } from './errorCodes.ts';
import type { PipelineCaller, PipelineReply, PipelineRequest } from './message.ts';
import { parseHttp } from './parseHttp.ts';
import type { Generation } from './settings.ts';

export type AnswerPipeline = (request: PipelineRequest, caller: PipelineCaller) => Promise<PipelineReply>;

interface Path {
  readonly name: string;
  readonly method: string;
}

/**
 * `POST /{name}/{method}`, as the predecessor's gateway maps it: exactly two segments, the second any word, a colon in it
 * being no part of a word. The whole body is the message, whatever its type is said to be.
 */
export async function pipelineRoutes(
  app: FastifyInstance,
  answer: AnswerPipeline,
  generation: Generation,
): Promise<void> {
  app.route<{ Params: Path }>({
    method: app.supportedMethods.filter((method) => method !== 'HEAD'),
    url: '/:name/:method',
    async handler(request, reply) {
      const { name, method } = request.params;
      if (method.includes(':')) throw new Fault('not_found', 'Not Found');
      if (request.method !== 'POST') throw new Fault('method_not_allowed', 'Method Not Allowed');
      const caller = { signal: callerLeft(reply.raw), requestId: request.id, deadlineMs: undefined };
      const made = await parseHttp(request.body as Buffer | undefined)
        .then((message) => answer({ ...message, name }, caller))
        .catch((error: unknown) => {
          if (error instanceof PipelineError) return replyOfError(error, generation);
          throw error;
        });
      return reply.type('application/json').send(jsonOf(made));
    },
  });
}

/** All five fields always, by their own names and in the order of their numbers. */
function jsonOf({ errNo, errMsg, keys, values }: PipelineReply): Buffer {
  return Buffer.from(JSON.stringify({ err_no: errNo, err_msg: errMsg, key: keys, value: values, tensors: [] }));
}

/** What the gateway itself answers: faults of operators never come here, they are part of the reply. */
export function answerPipelineFault(error: unknown): FaultReply {
  const fault = faultOfError(error, 'paddle-pipeline');
  switch (fault.code) {
    case 'not_found':
      return plain(404, 'Not Found\n');
    case 'method_not_allowed':
      return plain(405, 'Method Not Allowed\n');
    case 'body_too_large':
    case 'headers_too_large':
    case 'overloaded':
      return status(429, 8, fault.message);
    case 'request_timeout':
    case 'deadline_exceeded':
      return status(504, 4, fault.message);
    case 'shutting_down':
      return status(503, 14, fault.message);
    case 'internal':
      return status(500, 2, fault.message);
    default:
      return status(400, 3, fault.message);
  }
}

/** gRPC's status as the gateway writes it; both texts are the same. */
function status(http: number, code: number, message: string): FaultReply {
  const body = JSON.stringify({ error: message, code, message, details: [] });
  return { status: http, headers: { 'content-type': 'application/json' }, body: Buffer.from(body) };
}

function plain(http: number, body: string): FaultReply {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  return { status: http, headers, body };
}
