import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { Server as SocketServer } from 'node:net';
import { Fault } from '../domain/fault.ts';
import type { HttpSettings } from './httpOptions.ts';
import { readTls } from './readTls.ts';

/** Node's HTTP or HTTPS server with every limit and time-out set. Throws Fault `config_invalid`. */
export function nodeServer(settings: HttpSettings, listener: RequestListener): Server {
  const { headersTimeoutMs, requestTimeoutMs, keepAliveTimeoutMs } = settings;
  const options: ServerOptions = {
    headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    // Node looks for late requests this often; a tenth of the bound keeps it honest.
    connectionsCheckingInterval: Math.max(20, Math.min(headersTimeoutMs, requestTimeoutMs, 20_000) / 10),
    maxHeaderSize: settings.headersBytesMax,
    // Probes of peers that vanished without a word (half-open connections).
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
    noDelay: true,
  };
  const server = settings.tls
    ? createSecureServer({ ...options, ...readTls(settings.tls), handshakeTimeout: headersTimeoutMs }, listener)
    : createServer(options, listener);
  // Node drops headers above this number in silence: one more than is allowed lets us see that there were too many.
  server.maxHeadersCount = settings.headersCountMax + 1;
  server.maxConnections = settings.connectionsMax;
  // A client that sends "Expect: 100-continue" is told to go on when its body is wanted, not before.
  server.on('checkContinue', (request, response) => server.emit('request', request, response));
  return server;
}

/** Resolves when the server takes connections; rejects with Fault `config_invalid` when it cannot. */
export function listen(server: SocketServer, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException) => reject(listenFault(cause, host, port));
    server.once('error', onError);
    server.listen({ host, port }, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

function listenFault(cause: NodeJS.ErrnoException, host: string, port: number): Fault {
  const why: Record<string, string> = {
    EADDRINUSE: `port ${port} of ${host} is taken by another process; choose another port, or 0 for any free one`,
    EACCES: `port ${port} needs more rights than this process has; choose one above 1023`,
    EADDRNOTAVAIL: `${host} is not an address of this machine`,
    ENOTFOUND: `${host} is not a known host name`,
  };
  const reason = why[cause.code ?? ''] ?? cause.message;
  return new Fault('config_invalid', `Cannot listen: ${reason}.`, { cause });
}
