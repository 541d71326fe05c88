import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createSecureServer } from 'node:tls';
import type { HttpSettings } from './httpOptions.ts';
import { readTls } from './readTls.ts';

/** One of the protocols of a port: how its connections begin, and who takes them. */
export interface Speaker {
  /** First bytes of a connection, ASCII. */
  readonly magic: string;
  take(socket: Duplex): void;
}

export interface DoorwayOptions {
  readonly settings: HttpSettings;
  /** Tried in order; none may begin as another one does. */
  readonly speakers: readonly Speaker[];
  /** Takes every connection that begins otherwise. */
  readonly otherwise: (socket: Duplex) => void;
}

/**
 * The server of a port that several protocols share. A connection waits here until its first bytes tell who it is for;
 * the bytes are put back, so that whoever takes it reads it from the start.
 */
export function openDoorway({ settings, speakers, otherwise }: DoorwayOptions): Server {
  const onConnection = (socket: Duplex) => {
    const timer = setTimeout(() => socket.destroy(), settings.headersTimeoutMs);
    const forget = () => clearTimeout(timer);
    const onGone = () => socket.destroy();
    socket.once('close', forget).once('error', onGone).once('end', onGone);
    const bytesMax = Math.max(...speakers.map(({ magic }) => magic.length));
    let seen = Buffer.alloc(0);
    const onReadable = () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      seen = Buffer.concat([seen, chunk]);
      const verdict = recognise(speakers, seen, bytesMax);
      if (verdict === 'wait') return;
      socket.off('readable', onReadable).off('close', forget).off('error', onGone).off('end', onGone);
      forget();
      socket.unshift(seen);
      if (verdict === undefined) otherwise(socket);
      else verdict.take(socket);
    };
    socket.on('readable', onReadable);
  };
  const server = settings.tls
    ? createSecureServer({ ...readTls(settings.tls), ALPNProtocols: ['h2', 'http/1.1'] }, onConnection)
    : createServer({ keepAlive: true, keepAliveInitialDelay: 30_000, noDelay: true }, onConnection);
  server.on('tlsClientError', (_error: Error, socket: Socket) => socket.destroy());
  server.maxConnections = settings.connectionsMax;
  return server;
}

function recognise(speakers: readonly Speaker[], seen: Buffer, bytesMax: number): Speaker | 'wait' | undefined {
  const start = seen.toString('latin1', 0, bytesMax);
  const speaker = speakers.find(({ magic }) => start.startsWith(magic));
  if (speaker !== undefined) return speaker;
  return speakers.some(({ magic }) => magic.startsWith(start)) ? 'wait' : undefined;
}
