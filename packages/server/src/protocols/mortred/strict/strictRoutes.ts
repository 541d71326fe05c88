import type { FastifyInstance, FastifyPluginAsync } from 'fastify';
import { Fault } from '../../../domain/fault.ts';
import type { WireServices } from '../../../domain/wire.ts';
import { bearsToken } from '../../wire/bearer.ts';
import { elapsedMs, markArrival } from '../../wire/elapsed.ts';
import type { Endpoint, Endpoints } from '../endpoints.ts';
import type { RunFacts } from '../run.ts';
import { type JobSettings, type MortredSettings, type StrictSettings, strictDefaults } from '../settings.ts';
import { speeches } from '../speech.ts';
import { healthRoutes, openPaths } from './healthRoutes.ts';
import { type BodyRules, inferRoute } from './inferRoute.ts';
import { JobBook } from './jobBook.ts';
import { jobRoutes } from './jobRoutes.ts';
import { StrictMetrics } from './metrics.ts';
import { openApiDocument } from './openapi.ts';
import { RateLimit } from './rateLimit.ts';
import { RunLine } from './runLine.ts';
import { nothingHere, Refusal, type StrictReply, sendStrict, strictFailure } from './strictReply.ts';
import { readyWorkers } from './workers.ts';

/**
 * Era C. The order of the checks is a part of its contract: rate → token → /jobs → health → address → method →
 * Content-Type → Content-Length → body → queue → run.
 */
export function strictRoutes(
  services: WireServices,
  endpoints: Endpoints,
  settings: MortredSettings,
): FastifyPluginAsync {
  const { strict = {}, runTimeoutMs } = settings;
  const { engine, version } = services;
  const { jobs } = strict;
  const facts: RunFacts = { engine, profile: 'c', runTimeoutMs };
  const rules: BodyRules = {
    bodyBytesMax: strict.bodyBytesMax ?? strictDefaults.bodyBytesMax,
    requireContentType: strict.requireContentType ?? true,
  };
  return async (app: FastifyInstance) => {
    const lines = new Map([...endpoints.keys()].map((uri) => [uri, lineOf(strict, services)]));
    const jobsAt = jobs?.enabled === true ? jobEndpoint(endpoints, settings) : undefined;
    const counted = [...endpoints.values()].filter(({ task }) => speeches.c[task].answers().length > 0);
    const metrics: StrictMetrics = new StrictMetrics(
      engine,
      new Map(
        counted.map(({ uri }) => [
          uri,
          { waiting: () => lines.get(uri)!.waiting, jobsPending: () => (uri === jobsAt?.uri ? book.pending : 0) },
        ]),
      ),
    );
    const book = bookOf(services, jobs, (ms) => metrics.at(jobsAt!.uri).jobEnded(ms));

    app.addHook('onRequest', async (request) => markArrival(request));
    checkCallers(app, strict);
    countAnswers(app, metrics, endpoints, jobsAt);
    app.setErrorHandler((error, _request, reply) => sendStrict(reply, strictFailure(error)));
    if (jobsAt) {
      const run = { ...facts, runTimeoutMs: jobs?.timeoutMs ?? strictDefaults.jobs.timeoutMs };
      jobRoutes(app, { book, endpoint: jobsAt, run, rules, metrics });
    }
    healthRoutes(app, { engine, metrics, document: openApiDocument(endpoints, version, jobsAt !== undefined) });
    for (const [uri, endpoint] of endpoints)
      inferRoute(app, endpoint, { ...facts, rules, line: lines.get(uri)!, metrics });
    // Also what is unknown has passed the rate and the token first.
    app.route({
      url: '*',
      // Preflights of unknown addresses are the listener's.
      method: app.supportedMethods.filter((method) => method !== 'OPTIONS'),
      handler: async () => {
        throw nothingHere();
      },
    });
  };
}

function lineOf({ queueDepthMax = 0 }: StrictSettings, { engine }: WireServices): RunLine {
  return new RunLine(queueDepthMax, () => readyWorkers(engine));
}

function bookOf(
  { engine }: WireServices,
  jobs: JobSettings | undefined,
  onEnd: (elapsedMs: number) => void,
): JobBook<StrictReply> {
  const usual = strictDefaults.jobs;
  return new JobBook({
    queueMax: jobs?.queueMax ?? usual.queueMax,
    ttlMs: jobs?.ttlMs ?? usual.ttlMs,
    completedMax: jobs?.completedMax ?? usual.completedMax,
    atOnce: () => readyWorkers(engine),
    onEnd,
  });
}

/** The predecessor has one model in each process; here the jobs of a port are those of one address. */
function jobEndpoint(endpoints: Endpoints, { strict, uris = {} }: MortredSettings): Endpoint {
  const wanted = strict?.jobs?.uri ?? Object.keys(uris)[0];
  const found = wanted === undefined ? undefined : endpoints.get(wanted);
  if (found) return found;
  const usual = [...endpoints.values()].find(({ uri }) => uri.endsWith('/bisenetv2'));
  if (wanted === undefined && usual) return usual;
  throw Fault.expected(
    'config_invalid',
    `strict.jobs.uri to be one of ${[...endpoints.keys()].join(', ')}`,
    wanted ?? '',
  );
}

function checkCallers(app: FastifyInstance, { rateLimitQps = 0, authToken = '' }: StrictSettings): void {
  const rate = new RateLimit(rateLimitQps);
  app.addHook('onRequest', async (request) => {
    if (!rate.takes(request.ip)) throw new Refusal(429, 429);
    if (authToken === '' || openPaths.has(request.raw.url?.split('?', 1)[0] ?? '')) return;
    if (!bearsToken(request.headers.authorization, authToken)) {
      throw new Refusal(401, 401, { 'www-authenticate': 'Bearer realm="Mortred"' });
    }
  });
}

/** Addresses that nobody serves are not counted: their names are the callers' own, and without end. */
function countAnswers(
  app: FastifyInstance,
  metrics: StrictMetrics,
  endpoints: Endpoints,
  jobsAt: Endpoint | undefined,
): void {
  app.addHook('onResponse', async (request) => {
    const path = request.routeOptions.url ?? '';
    const uri = path.startsWith('/jobs') ? jobsAt?.uri : endpoints.get(path)?.uri;
    if (uri !== undefined) metrics.at(uri).answered(elapsedMs(request));
  });
}
