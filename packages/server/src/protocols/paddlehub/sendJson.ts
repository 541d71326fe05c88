import type { FastifyReply, FastifyRequest } from 'fastify';

/** Bytes, not text: to a text of this type Fastify adds a charset. Pictures in base64 are not worth compressing again. */
export function sendJson(request: FastifyRequest, reply: FastifyReply, body: Buffer): FastifyReply {
  request.headers['x-no-compression'] = 'pictures';
  return reply.header('content-type', 'application/json').send(body);
}
