import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { Fault } from '../domain/fault.ts';
import type { FaultReply } from '../domain/wire.ts';
import { byteText } from './byteText.ts';
import type { HttpSettings } from './httpOptions.ts';

/** What is wrong with bytes that are not a request; undefined when the connection is gone and nobody would read it. */
export function faultOfClientError(error: NodeJS.ErrnoException, settings: HttpSettings): Fault | undefined {
  switch (error.code) {
    case 'HPE_HEADER_OVERFLOW': {
      const expected = `at most ${settings.headersCountMax} headers of ${byteText(settings.headersBytesMax)} together`;
      return Fault.expected('headers_too_large', expected, 'more');
    }
    case 'ERR_HTTP_REQUEST_TIMEOUT': {
      const { headersTimeoutMs, requestTimeoutMs } = settings;
      const expected = `headers within ${headersTimeoutMs} ms and the whole request within ${requestTimeoutMs} ms`;
      return Fault.expected('request_timeout', expected, 'less than all of it in that time');
    }
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined;
    default:
      return new Fault('invalid_request', `The bytes are not an HTTP/1.1 request (${error.code ?? error.message}).`);
  }
}

/** Writes a whole reply by hand: there is no request object to answer yet. */
export function writeRawReply(socket: Duplex, reply: FaultReply, ownHeaders: Readonly<Record<string, string>>): void {
  const headers = { ...reply.headers, ...ownHeaders };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const length = Buffer.byteLength(reply.body);
  socket.end(
    `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? 'Error'}\r\n${lines.join('')}` +
      `content-length: ${length}\r\nconnection: close\r\n\r\n${reply.body}`,
  );
}
