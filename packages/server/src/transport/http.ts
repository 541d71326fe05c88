import type { AddressInfo, Server as SocketServer } from 'node:net';
import compress from '@fastify/compress';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { Fault } from '../domain/fault.ts';
import type { HttpWire, Wire } from '../domain/wire.ts';
import { BodyBudget } from './bodyBudget.ts';
import { faultOfClientError, writeRawReply } from './clientError.ts';
import { Connections } from './connections.ts';
import { openDoorway, type Speaker } from './doorway.ts';
import { openFramed } from './framed.ts';
import { installGate, putUp, sendBareFault, sendFault } from './gate.ts';
import { http2Magic, openGrpc } from './grpc.ts';
import { type HttpOptions, type HttpSettings, httpDefaults } from './httpOptions.ts';
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
  /** Open HTTP/1.1 connections now. */
  connections(): number;
  /** Bytes of message bodies held now, on this port and those that share its budget. */
  bodiesBytes(): number;
}

export interface HttpListenerOptions extends HttpOptions {
  /** What is spoken on this port. The first one that speaks HTTP also answers what belongs to none of them. */
  readonly wires: readonly Wire[];
  /** Shared by the ports of one process; one of its own, of `bodiesBytesMax`, when absent. */
  readonly budget?: BodyBudget;
}

/** Answers where no wire speaks HTTP: a gRPC port that a browser calls. */
const noHttp: HttpWire = {
  routes: async () => {},
  answerFault: () => ({
    status: 404,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: 'This port does not speak HTTP/1.1; expected gRPC over HTTP/2.\n',
  }),
};

/** A port with all that is spoken on it. It knows bytes, limits and time, and nothing of pictures. */
export async function createHttpListener(options: HttpListenerOptions): Promise<HttpListener> {
  const settings: HttpSettings = { ...httpDefaults, ...options };
  const { wires } = options;
  const speakers = wires.flatMap(({ http }) => http ?? []);
  const host = speakers[0] ?? noHttp;
  const connections = new Connections();
  const budget = options.budget ?? new BodyBudget(settings.bodiesBytesMax);
  const intake = new Intake(settings.bodyBytesMax, budget);
  let closing: Promise<void> | undefined;
  const isClosing = () => closing !== undefined;

  // On a shared port the doorway does the TLS, before it can know who is spoken to.
  const httpSettings = sharesPort(wires) ? withoutTls(settings) : settings;
  const app = bareFastify(httpSettings, connections, host);
  connections.watch(app.server, httpSettings.tls !== undefined);
  if (speakers.some(({ bodyOnGet }) => bodyOnGet)) app.addHttpMethod('GET', { hasBody: true, overrideExisting: true });
  await installGate(app, { settings, connections, intake, host, isClosing });
  await app.register(compress, {
    globalDecompression: false,
    encodings: ['br', 'gzip'],
    threshold: 1024,
    customTypes: /^(text\/(?!event-stream)|application\/([\w.-]+\+)?json|application\/javascript|image\/svg\+xml)/,
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest) => intake.read(request.raw));
  for (const { name, http } of wires) if (http) await putUp(app, http).catch(clashFault(name, settings.port));
  await app.ready();

  const { server, guests } = openDoor(app.server, { settings, wires, intake, isClosing });
  return {
    async listen() {
      await listen(server, settings.host, settings.port);
      const { address, port, family } = server.address() as AddressInfo;
      const host = family === 'IPv6' ? `[${address}]` : address;
      return { host: address, port, url: `${settings.tls ? 'https' : 'http'}://${host}:${port}` };
    },
    close({ graceMs = 30_000 } = {}) {
      closing ??= end(app, server, guests, connections, graceMs);
      return closing;
    },
    connections: () => connections.count,
    bodiesBytes: () => budget.bytes,
  };
}

/** Whoever speaks something else than HTTP/1.1 on the port. */
interface Guest {
  close(graceMs: number): Promise<void>;
}

interface DoorOptions {
  readonly settings: HttpSettings;
  readonly wires: readonly Wire[];
  readonly intake: Intake;
  readonly isClosing: () => boolean;
}

function sharesPort(wires: readonly Wire[]): boolean {
  return wires.some(({ grpc, framed }) => grpc !== undefined || framed !== undefined);
}

/** Two wires of a port may not want the same address: nobody could tell whose request it is. */
function clashFault(name: string, port: number): (error: unknown) => never {
  return (error) => {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'FST_ERR_DUPLICATED_ROUTE') throw error;
    const [, method, path] = /'(\w+)'.*'(\/[^']*)'/.exec(message) ?? [];
    const what = `${method ?? ''} ${path ?? 'an address'}`.trim();
    throw new Fault(
      'config_invalid',
      `Port ${port} is shared by wires that both answer ${what}; the second is ${name}. Give it a port of its own.`,
      { cause: error },
    );
  };
}

function withoutTls({ tls: _tls, ...settings }: HttpSettings): HttpSettings {
  return settings;
}

/** The server that listens: the HTTP server itself, or a doorway where other protocols share the port. */
function openDoor(
  http: SocketServer,
  { settings, wires, intake, isClosing }: DoorOptions,
): { server: SocketServer; guests: Guest[] } {
  if (!sharesPort(wires)) return { server: http, guests: [] };
  const guests: Guest[] = [];
  const speakers: Speaker[] = [];
  const services = wires.flatMap(({ grpc }) => grpc ?? []);
  if (services.length > 0) {
    const grpc = openGrpc({ services, settings, intake, isClosing });
    guests.push(grpc);
    speakers.push({ magic: http2Magic, take: grpc.take });
  }
  for (const { framed: wire } of wires) {
    if (!wire) continue;
    const framed = openFramed({ wire, settings, intake });
    guests.push(framed);
    speakers.push(framed);
  }
  const magics = speakers.map(({ magic }) => magic);
  const twice = magics.find((magic, index) => magics.indexOf(magic) !== index);
  if (twice !== undefined) {
    throw new Fault(
      'config_invalid',
      `Two wires on port ${settings.port} begin their connections with "${twice}"; give each its own port.`,
    );
  }
  const otherwise: Speaker['take'] = (socket) => http.emit('connection', socket);
  return { server: openDoorway({ settings, speakers, otherwise }), guests };
}

function bareFastify(settings: HttpSettings, connections: Connections, host: HttpWire): FastifyInstance {
  return Fastify({
    serverFactory: (handler) => nodeServer(settings, handler),
    logger: false,
    genReqId: requestIdOf,
    trustProxy: settings.trustProxy,
    exposeHeadRoutes: true,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => {
      // No hook runs here, so nothing would take off again what Fastify puts on.
      if (host.bare) return sendBareFault(host.answerFault, error, request, reply);
      reply.raw.setHeader('X-Request-Id', request.id);
      return sendFault(host.answerFault, error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      const fault = faultOfClientError(error, settings);
      const id = requestIdOf({ headers: {} });
      const ownHeaders = { 'x-request-id': id, 'x-content-type-options': 'nosniff' };
      if (fault && connections.canTakeReply(socket)) {
        writeRawReply(socket, host.answerFault(fault, { id }), host.bare ? {} : ownHeaders);
      } else socket.destroy();
    },
  });
}

async function end(
  app: FastifyInstance,
  server: SocketServer,
  guests: readonly Guest[],
  connections: Connections,
  graceMs: number,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  connections.destroyIdle();
  const timer = setTimeout(() => connections.destroyAll(), graceMs);
  await Promise.all(guests.map((guest) => guest.close(graceMs)));
  await closed;
  clearTimeout(timer);
  await app.close();
}
