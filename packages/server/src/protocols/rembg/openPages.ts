import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../../domain/fault.ts';

/** For a page of any origin. Without credentials: a page learns nothing with them that it could not ask for itself. */
export const openToAll: Readonly<Record<string, string>> = { 'access-control-allow-origin': '*' };

/** Lets pages of every origin read the replies of these addresses, as rembg does, and answers their preflights. */
export function openToPages(app: FastifyInstance, paths: readonly string[]): void {
  app.addHook('onRequest', async (request, reply) => {
    if (request.headers.origin !== undefined) reply.headers(openToAll);
  });
  for (const path of paths) app.options(path, answerPreflight);
}

async function answerPreflight({ headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  if (headers.origin === undefined || headers['access-control-request-method'] === undefined) {
    reply.header('allow', 'GET, POST');
    throw new Fault('method_not_allowed', 'Expected GET or POST but received OPTIONS.');
  }
  const asked = headers['access-control-request-headers'];
  return reply
    .headers({ 'access-control-allow-methods': 'GET, POST', 'access-control-max-age': '600' })
    .headers(asked === undefined ? {} : { 'access-control-allow-headers': asked })
    .header('content-type', 'text/plain; charset=utf-8')
    .send(Buffer.from('OK'));
}
