import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

/**
 * A socket closed with unread bytes in it answers them with a reset, and the reset makes the client's kernel throw away
 * the reply that explains the refusal. So: end our side, read and drop what still comes for a while, then close.
 * Node calls `destroySoon` after a reply with `Connection: close`; this takes its place on this one socket.
 */
export function lingeringClose(request: IncomingMessage, lingerMs: number): void {
  const socket: Socket = request.socket;
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), lingerMs);
    socket.once('close', () => clearTimeout(timer));
    if (request.complete) socket.destroy();
    else request.once('end', () => socket.destroy()).resume();
  };
}
