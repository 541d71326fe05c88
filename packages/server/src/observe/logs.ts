import { subscribe as subscribeChannel, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type DestinationStream, type Logger, pino } from 'pino';
import { type Events, subscribe } from '../domain/events.ts';
import { prettyLines } from './prettyLines.ts';

export interface LogOptions {
  readonly level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
  readonly format: 'json' | 'pretty';
  /** Standard error when absent: standard output belongs to answers. */
  readonly destination?: DestinationStream;
}

export interface Logs {
  readonly logger: Logger;
  /** Stops listening and writes what is still held. */
  close(): void;
}

/** Outcomes that are the server's own trouble, not the caller's. */
const troubled: ReadonlySet<Events['segserve:request']['outcome']> = new Set([
  'internal',
  'worker_failed',
  'model_invalid',
  'poison_input',
]);

/** One line for each segmentation request at info, defects with their stack at error, other HTTP replies at debug. */
export function createLogs({ level, format, destination }: LogOptions): Logs {
  const sink = destination ?? pino.destination({ fd: 2, sync: true });
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelName } };
  const logger = pino(options, format === 'pretty' ? prettyLines(sink) : sink);
  const onResponse = (message: unknown) => logResponse(logger, message as HttpFinish);
  const unsubscribes = [
    subscribe('segserve:request', (event) => logRequest(logger, event)),
    subscribe('segserve:batch', (event) => logger.debug({ event: 'batch', ...event }, 'batch')),
    subscribe('segserve:worker', (event) => logWorker(logger, event)),
    subscribe('segserve:model', ({ event, ...rest }) =>
      logger[event === 'failed' ? 'error' : 'info']({ event: 'model', state: event, ...rest }, `model ${event}`),
    ),
    subscribe('segserve:defect', ({ where, error }) => logger.error({ event: 'defect', where, err: error }, 'defect')),
  ];
  subscribeChannel('http.server.response.finish', onResponse);
  return {
    logger,
    close() {
      for (const stop of unsubscribes) stop();
      unsubscribe('http.server.response.finish', onResponse);
      logger.flush();
    },
  };
}

interface HttpFinish {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function logRequest(logger: Logger, event: Events['segserve:request']): void {
  const { requestId, model, outcome, totalMs, timings, batchSize, imageBytes } = event;
  const fields = {
    event: 'request',
    requestId,
    model: model.slice(0, 100),
    outcome,
    totalMs: round(totalMs),
    ...(batchSize === undefined ? {} : { batchSize }),
    imageBytes,
    ...(timings === undefined ? {} : { timings: roundAll(timings) }),
  };
  logger[troubled.has(outcome) ? 'error' : 'info'](fields, 'request');
}

function logWorker(logger: Logger, { event, ...rest }: Events['segserve:worker']): void {
  logger[event === 'died' ? 'error' : 'info']({ event: 'worker', state: event, ...rest }, `worker ${event}`);
}

/** The path alone: a query may hold what is nobody's business. */
function logResponse(logger: Logger, { request, response }: HttpFinish): void {
  if (!logger.isLevelEnabled('debug')) return;
  const path = (request.url ?? '').split('?', 1)[0]?.slice(0, 200);
  const requestId = response.getHeader('x-request-id');
  logger.debug({ event: 'http', requestId, method: request.method, path, status: response.statusCode }, 'http');
}

function levelName(label: string): { level: string } {
  return { level: label };
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}

function roundAll(timings: object): Record<string, number> {
  return Object.fromEntries(Object.entries(timings).map(([stage, ms]) => [stage, round(ms as number)]));
}
