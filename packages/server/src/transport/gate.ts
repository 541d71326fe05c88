import cors from '@fastify/cors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Fault } from '../domain/fault.ts';
import type { AnswerFault, FaultReply, HttpWire } from '../domain/wire.ts';
import { type Call, checkCaller } from './callers.ts';
import type { Connections } from './connections.ts';
import type { HttpSettings } from './httpOptions.ts';
import type { Intake } from './intake.ts';
import { KnownPaths } from './knownPaths.ts';
import { lingeringClose } from './lingeringClose.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered even while the server is closing: probes of the process itself. */
    duringShutdown?: boolean;
    /** The wire that put the route up. */
    wire?: HttpWire;
  }
}

/** Stands where a bare wire sets no Content-Type, so that Fastify does not make one up. */
const noType = 'application/x-none';

export interface GateOptions {
  readonly settings: HttpSettings;
  readonly connections: Connections;
  readonly intake: Intake;
  /** Of the port's first wire: how faults outside every wire are written. */
  readonly host: HttpWire;
  readonly isClosing: () => boolean;
}

/** What every request passes before a wire sees it, and every reply on its way out. */
export async function installGate(app: FastifyInstance, options: GateOptions): Promise<void> {
  const { settings, connections, intake, host, isClosing } = options;
  const paths = new KnownPaths();
  app.addHook('onRoute', (route) => {
    // The CORS plugin's own route for preflights takes any path; it makes none known.
    if (route.url !== '*') paths.add(route.url, route.method);
  });
  app.setErrorHandler((error, request, reply) => sendFault(host.answerFault, error, request, reply));
  app.setNotFoundHandler((request) => {
    throw paths.faultOf(request.method, pathOf(request));
  });
  app.addHook('onRequest', async (request, reply) => {
    connections.serve(reply.raw);
    intake.admit(request.raw, reply.raw);
    if (isBare(request, host)) {
      reply.raw.sendDate = false;
      reply.header('content-type', noType);
      // What the compression plugin looks for.
      request.headers['x-no-compression'] = 'bare';
    } else {
      reply.raw.setHeader('X-Request-Id', request.id);
      reply.raw.setHeader('X-Content-Type-Options', 'nosniff');
    }
    if (!isBare(request, host) && (isPreflight(request) || request.is404)) addAllow(paths, request, reply);
  });
  // Before the first refusal: a page of another origin may read why it was refused.
  await openToOrigins(app, settings);
  app.addHook('onRequest', async (request, reply) => {
    if (isClosing() && request.routeOptions.config?.duringShutdown !== true) throw shuttingDown();
    checkHeaderCount(request, settings);
    checkCaller({ ...callOf(request), isOpenTo: (request.routeOptions.config?.wire ?? host).isOpenTo }, settings);
    if (isPreflight(request) && reply.hasHeader('allow')) return reply.code(204).send();
    if (request.is404 || isPreflight(request)) throw paths.faultOf(request.method, pathOf(request));
    intake.checkLength(request.raw);
    return;
  });
  app.addHook('onSend', async (request, reply) => {
    // From here on the client must take bytes: one that does not read is cut off.
    request.raw.socket.setTimeout(settings.replyTimeoutMs);
    const unread = hasBody(request) && !request.raw.complete;
    if (isClosing() || settings.keepAliveTimeoutMs === 0 || (unread && isBurden(request, settings))) {
      reply.header('connection', 'close');
    }
    if (unread && reply.getHeader('connection') === 'close') lingeringClose(request.raw, settings.lingerMs);
    if (reply.getHeader('content-type') === noType) reply.removeHeader('content-type');
    // Beside a Connection that it has written itself, Node says Keep-Alive: timeout=N.
    if (isBare(request, host) && !reply.hasHeader('connection')) {
      reply.header('connection', reply.raw.shouldKeepAlive ? 'keep-alive' : 'close');
    }
  });
}

/** Puts one wire's routes up, each knowing whose it is; what they throw is written as that wire writes it. */
export async function putUp(app: FastifyInstance, wire: HttpWire): Promise<void> {
  await app.register(async (scope) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, wire };
    });
    scope.setErrorHandler((error, request, reply) => sendFault(wire.answerFault, error, request, reply));
    await scope.register(wire.routes);
  });
}

function isBare(request: FastifyRequest, host: HttpWire): boolean {
  return (request.routeOptions.config?.wire ?? host).bare === true;
}

export function sendFault(answer: AnswerFault, error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const { status, headers, body } = faultReplyTo(answer, error, request);
  // Fastify forgets the type that was set before an error.
  return reply
    .code(status)
    .headers({ 'content-type': noType, ...headers })
    .send(body);
}

/** Past Fastify, which would name a type. */
export function sendBareFault(answer: AnswerFault, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, headers, body } = faultReplyTo(answer, error, request);
  reply.hijack();
  reply.raw.sendDate = false;
  reply.raw.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

function faultReplyTo(answer: AnswerFault, error: unknown, request: FastifyRequest): FaultReply {
  const { id, method, url, headers, socket } = request;
  return answer(error, { id, method, url, headers, local: `${socket.localAddress ?? ''}:${socket.localPort ?? 0}` });
}

/** A wire that puts OPTIONS up itself answers it. */
function isPreflight({ method, routeOptions }: FastifyRequest): boolean {
  return method === 'OPTIONS' && routeOptions.config?.wire === undefined;
}

function callOf({ method, headers, host }: FastifyRequest): Omit<Call, 'isOpenTo'> {
  return { method, headers, host };
}

function addAllow(paths: KnownPaths, request: FastifyRequest, reply: FastifyReply): void {
  const path = pathOf(request);
  const allow = path === '*' ? 'GET, HEAD, OPTIONS, POST' : paths.allow(path);
  if (allow !== undefined) reply.header('allow', allow);
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?', 1)[0] ?? '/';
}

function shuttingDown(): Fault {
  return new Fault('shutting_down', 'The server is shutting down and takes no new requests.', { retryAfterMs: 1000 });
}

function checkHeaderCount(request: FastifyRequest, { headersCountMax }: HttpSettings): void {
  const count = request.raw.rawHeaders.length / 2;
  if (count > headersCountMax) throw Fault.expected('headers_too_large', `at most ${headersCountMax} headers`, 'more');
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Whether the rest of a body that nobody will read is more than a connection is worth. */
function isBurden({ raw }: FastifyRequest, { bodyBytesMax }: HttpSettings): boolean {
  return Number(raw.headers['content-length'] ?? Number.POSITIVE_INFINITY) > bodyBytesMax;
}

function isOpen({ cors }: HttpSettings): boolean {
  return cors !== false && cors.origins.length > 0;
}

async function openToOrigins(app: FastifyInstance, settings: HttpSettings): Promise<void> {
  if (settings.cors === false || !isOpen(settings)) return;
  await app.register(cors, {
    origin: [...settings.cors.origins],
    methods: ['GET', 'HEAD', 'POST'],
    allowedHeaders: ['Accept', 'Authorization', 'Content-Type', 'X-Request-Id', 'X-Wait-For-Model'],
    exposedHeaders: [
      'Content-Disposition',
      'Retry-After',
      'Segserve-Image',
      'Server-Timing',
      'X-Compute-Time',
      'X-Compute-Type',
      'X-Request-Id',
      'X-Segserve-Model',
    ],
    maxAge: 600,
    strictPreflight: false,
  });
}
