import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

/**
 * Which connections are open and what each is doing. Node's own `closeIdleConnections` spares a connection that has not
 * sent its first request yet, which would hold a shutdown until a time-out.
 */
export class Connections {
  readonly #open = new Map<Duplex, ServerResponse<IncomingMessage> | undefined>();

  watch(server: Server, secure: boolean): void {
    server.on(secure ? 'secureConnection' : 'connection', (socket: Duplex) => {
      this.#open.set(socket, undefined);
      socket.once('close', () => this.#open.delete(socket));
    });
  }

  /** A request has begun on its connection. */
  serve(response: ServerResponse<IncomingMessage>): void {
    const socket = response.req.socket;
    if (this.#open.has(socket)) this.#open.set(socket, response);
  }

  get count(): number {
    return this.#open.size;
  }

  /** Whether bytes written to the socket now would be read as a reply, not as the middle of another one. */
  canTakeReply(socket: Duplex): boolean {
    const response = this.#open.get(socket);
    return socket.writable && (response === undefined || !response.headersSent || isDone(response));
  }

  destroyIdle(): void {
    for (const [socket, response] of this.#open) if (response === undefined || isDone(response)) socket.destroy();
  }

  destroyAll(): void {
    for (const socket of this.#open.keys()) socket.destroy();
  }
}

function isDone(response: ServerResponse<IncomingMessage>): boolean {
  return response.writableFinished && response.req.complete;
}
