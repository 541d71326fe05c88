import type { ServerResponse } from 'node:http';

/** Aborted when the connection ends before the reply has been handed over: nobody is left to read it. */
export function callerLeft(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  if (response.destroyed || response.socket?.destroyed) controller.abort();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort();
  });
  return controller.signal;
}
