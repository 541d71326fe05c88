import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { WireServices } from '../../domain/wire.ts';
import { callerLeft } from '../wire/callerLeft.ts';
import { contentSecurityPolicy, docsPage } from './docsPage.ts';
import { modelNamesOf } from './modelNames.ts';
import { openApiOf } from './openApi.ts';
import { openToPages } from './openPages.ts';
import { parseGet, parsePost, type Query } from './parseRemove.ts';
import type { RemoveOptions } from './readOptions.ts';
import { segmentRequestOf } from './segmentRequest.ts';
import type { RembgSettings } from './settings.ts';

interface Asked {
  readonly image: Uint8Array;
  readonly options: RemoveOptions;
  readonly signal: AbortSignal;
}

/** Every address of the wire; README.md describes them. Throws Fault `config_invalid`. */
export function routes(services: WireServices, settings: RembgSettings): FastifyPluginAsync {
  const { engine, sources, version } = services;
  const names = modelNamesOf(settings);
  const page = Buffer.from(docsPage(names));
  const openApi = Buffer.from(JSON.stringify(openApiOf(names, version)));

  async function remove({ image, options, signal }: Asked, request: FastifyRequest, reply: FastifyReply) {
    const wish = segmentRequestOf(options, engine);
    const { answers } = await engine.segment({ ...wish, image, signal, requestId: request.id });
    return reply.header('content-type', 'image/png').send(answers[0]?.bytes);
  }
  async function get(request: FastifyRequest, reply: FastifyReply) {
    const { url, options } = parseGet(request.query as Query, names);
    const signal = callerLeft(reply.raw);
    return remove({ image: await sources.readUrl(url, signal), options, signal }, request, reply);
  }
  async function post(request: FastifyRequest, reply: FastifyReply) {
    const signal = callerLeft(reply.raw);
    const body = request.body as Buffer | undefined;
    const parsed = await parsePost(request.query as Query, body, request.headers['content-type'], names, signal);
    return remove({ ...parsed, signal }, request, reply);
  }
  async function showPage(_: FastifyRequest, reply: FastifyReply) {
    reply.headers({ 'content-type': 'text/html; charset=utf-8', 'content-security-policy': contentSecurityPolicy });
    return reply.send(page);
  }

  return async (app: FastifyInstance) => {
    if (settings.cors ?? true) openToPages(app, ['/api/remove', '/']);
    // A HEAD would do all the work and throw it away.
    app.get('/api/remove', { exposeHeadRoute: false }, get);
    app.post('/api/remove', post);
    // The address in release 2.0.28; from 2.0.41 on there is a page here.
    app.get('/', { exposeHeadRoute: false }, async (request, reply) => {
      return (request.query as Query).url === undefined ? showPage(request, reply) : get(request, reply);
    });
    app.post('/', post);
    app.get('/api', showPage);
    app.get('/openapi.json', async (_, reply) => reply.header('content-type', 'application/json').send(openApi));
  };
}
