import type { AddressInfo } from 'node:net';
import compress from '@fastify/compress';
import Fastify, { type FastifyInstance, type FastifyPluginAsync, type FastifyRequest } from 'fastify';
import { faultOfClientError, writeRawReply } from './clientError.ts';
import { Connections } from './connections.ts';
import { installGate, sendFault } from './gate.ts';
import { type AnswerFault, type HttpOptions, type HttpSettings, httpDefaults } from './httpOptions.ts';
import { Intake } from './intake.ts';
import { listen, nodeServer } from './nodeServer.ts';
import { requestIdOf } from './requestId.ts';

export interface HttpListener {
  /** Takes connections from now on; rejects with Fault `config_invalid` when it cannot. */
  listen(): Promise<{ readonly host: string; readonly port: number; readonly url: string }>;
  /**
   * Takes no new connection and no new request, finishes accepted ones, then closes; what is not done after `graceMs`
   * is cut off. Idempotent. The engine is to be closed after it.
   */
  close(options?: { graceMs?: number }): Promise<void>;
  /** Open connections now. */
  connections(): number;
  /** Bytes of request bodies held now. */
  bodiesBytes(): number;
}

export interface HttpListenerOptions extends HttpOptions {
  /** One plugin for each wire; bodies reach it as one Buffer in `request.body`, undefined when there was none. */
  readonly wires: readonly FastifyPluginAsync[];
  /** How faults outside every wire are written: 404, 405, and bytes that are not HTTP. */
  readonly answerFault: AnswerFault;
}

/** An HTTP/1.1 listener that knows bytes, limits and time, and nothing of pictures. */
export async function createHttpListener(options: HttpListenerOptions): Promise<HttpListener> {
  const { answerFault } = options;
  const settings: HttpSettings = { ...httpDefaults, ...options };
  const connections = new Connections();
  const intake = new Intake(settings);
  let closing: Promise<void> | undefined;

  const app = bareFastify(settings, connections, answerFault);
  connections.watch(app.server, settings.tls !== undefined);
  await installGate(app, { settings, connections, intake, answerFault, isClosing: () => closing !== undefined });
  await app.register(compress, {
    globalDecompression: false,
    encodings: ['br', 'gzip'],
    threshold: 1024,
    customTypes: /^(text\/(?!event-stream)|application\/([\w.-]+\+)?json|application\/javascript|image\/svg\+xml)/,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest) => intake.read(request.raw));
  for (const wire of options.wires) await app.register(wire);
  await app.ready();

  return {
    async listen() {
      await listen(app.server, settings.host, settings.port);
      const { address, port, family } = app.server.address() as AddressInfo;
      const host = family === 'IPv6' ? `[${address}]` : address;
      return { host: address, port, url: `${settings.tls ? 'https' : 'http'}://${host}:${port}` };
    },
    close({ graceMs = 30_000 } = {}) {
      closing ??= end(app, connections, graceMs);
      return closing;
    },
    connections: () => connections.count,
    bodiesBytes: () => intake.bytes,
  };
}

function bareFastify(settings: HttpSettings, connections: Connections, answerFault: AnswerFault): FastifyInstance {
  return Fastify({
    serverFactory: (handler) => nodeServer(settings, handler),
    logger: false,
    genReqId: requestIdOf,
    trustProxy: settings.trustProxy,
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => {
      reply.raw.setHeader('X-Request-Id', request.id);
      return sendFault(answerFault, error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      const fault = faultOfClientError(error, settings);
      const requestId = requestIdOf({ headers: {} });
      if (fault && connections.canTakeReply(socket)) writeRawReply(socket, answerFault(fault, requestId), requestId);
      else socket.destroy();
    },
  });
}

async function end(app: FastifyInstance, connections: Connections, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => app.server.close(() => resolve()));
  connections.destroyIdle();
  const timer = setTimeout(() => connections.destroyAll(), graceMs);
  await closed;
  clearTimeout(timer);
  await app.close();
}
