import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { callerLeft } from '../../wire/callerLeft.ts';
import type { Endpoint } from '../endpoints.ts';
import { type RunFacts, run } from '../run.ts';
import { type BodyRules, checkBytes, checkHead, runMsOf } from './inferRoute.ts';
import type { Job, JobBook, JobEnd } from './jobBook.ts';
import type { StrictMetrics } from './metrics.ts';
import { readRequest, type StrictRequest } from './readRequest.ts';
import { jsonHeaders, type StrictReply, sendStrict, strictFailure, strictSuccess } from './strictReply.ts';

export interface JobFacts {
  readonly book: JobBook<StrictReply>;
  readonly endpoint: Endpoint;
  /** Its time-out is that of a job. */
  readonly run: RunFacts;
  readonly rules: BodyRules;
  readonly metrics: StrictMetrics;
}

/** How long `/wait` waits: when not told, and at most. */
const waitMs = { usual: 30_000, most: 300_000 };

/** `/jobs` of the strict contract: submit, look, wait, fetch. */
export function jobRoutes(app: FastifyInstance, facts: JobFacts): void {
  const { book } = facts;
  app.addHook('onClose', async () => book.close());
  app.all('/jobs', {
    async onRequest(request, reply) {
      if (request.method !== 'POST') return refuseMethod(request, reply, 'POST');
      checkHead(request, facts.rules);
      return;
    },
    handler: async (request, reply) => submit(facts, request, reply),
  });
  at(app, '/jobs/:id', book, (_request, reply, job) => sendJson(reply, 200, shown(job)));
  at(app, '/jobs/:id/wait', book, async (request, reply, job) => {
    const later = await book.afterChange(job.id, waitOf(request), callerLeft(reply.raw));
    return sendJson(reply, 200, shown(later ?? job));
  });
  at(app, '/jobs/:id/result', book, (_request, reply, { state, result }) => {
    if (result !== undefined) return sendStrict(reply, result);
    return sendJson(reply, 409, { error: `job not finished (state: ${state})` });
  });
}

type Finder = FastifyRequest<{ Params: { id: string } }>;
type JobHandler = (request: Finder, reply: FastifyReply, job: Job<StrictReply>) => FastifyReply | Promise<FastifyReply>;

/** An address of one job: anything but GET is 405, a job that is unknown or forgotten 404. */
function at(app: FastifyInstance, path: string, book: JobBook<StrictReply>, handle: JobHandler): void {
  app.all(path, {
    onRequest: async (request, reply) => (request.method === 'GET' ? undefined : refuseMethod(request, reply, 'GET')),
    handler: async (request: Finder, reply) => {
      const { id } = request.params;
      const job = book.find(id);
      return job ? handle(request, reply, job) : sendJson(reply, 404, { error: `job not found: ${id.slice(0, 64)}` });
    },
  });
}

async function submit(facts: JobFacts, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { book, metrics, endpoint } = facts;
  let requestId = '';
  try {
    const body = request.body as Buffer | undefined;
    checkBytes(body?.length ?? 0, facts.rules.bodyBytesMax);
    const read = await readRequest(body);
    requestId = read.requestId;
    const image = await read.image();
    const job = book.submit((signal) => work(facts, { ...read, image: async () => image }, signal));
    if (job === undefined) {
      metrics.at(endpoint.uri).rejected();
      return sendJson(reply, 429, { error: 'job queue is full' });
    }
    metrics.at(endpoint.uri).jobAccepted();
    const url = `/jobs/${job.id}`;
    reply.header('location', url);
    return sendJson(reply, 202, { job_id: job.id, state: job.state, poll_url: url, result_url: `${url}/result` });
  } catch (error) {
    return sendStrict(reply, strictFailure(error, requestId));
  }
}

async function work(facts: JobFacts, request: StrictRequest, signal: AbortSignal): Promise<JobEnd<StrictReply>> {
  const { requestId } = request;
  const counted = facts.metrics.at(facts.endpoint.uri);
  counted.received();
  try {
    const output = await run(facts.endpoint, facts.run, { image: await request.image(), requestId, signal });
    counted.succeeded(output.result, runMsOf(output));
    return { state: 'done', result: strictSuccess(requestId, output.data) };
  } catch (error) {
    counted.failed();
    const { code, msg } = strictFailure(error, requestId).outcome;
    return { state: code === 4 ? 'timeout' : 'failed', error: msg };
  }
}

function shown({ id, state, elapsedMs, error }: Job<StrictReply>): Record<string, unknown> {
  return { job_id: id, state, elapsed_ms: elapsedMs, ...(error === undefined ? {} : { error }) };
}

function waitOf(request: FastifyRequest): number {
  const { timeout } = request.query as Readonly<Record<string, unknown>>;
  const asked = typeof timeout === 'string' && /^\d+$/.test(timeout) ? Number(timeout) : waitMs.usual;
  return Math.min(asked, waitMs.most);
}

function refuseMethod(request: FastifyRequest, reply: FastifyReply, allow: string): FastifyReply {
  return sendJson(reply.header('allow', allow), 405, { error: `method not allowed: ${request.method}` });
}

function sendJson(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .headers(jsonHeaders)
    .send(Buffer.from(JSON.stringify(body)));
}
