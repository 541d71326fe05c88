import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { subscribe } from '../packages/server/src/domain/events.ts';
import type { RunningServer } from '../packages/server/src/server.ts';
import { ask, askRed, problemOf, segment, segmentUrl } from './support/ask.ts';
import { noisePicture, redPicture } from './support/pictures.ts';
import { startHere } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeRedMatte, writeSlowRedMatte } from './support/tinyPackages.ts';
import { until } from './support/until.ts';

const models = temporaryFolder();
writeSlowRedMatte(models, 'slow', 3);
writeRedMatte(models, 'quick');
const queueTicketsMax = 3;

/** One worker that takes one picture at a time, and three places to wait. */
function startSmall(): Promise<RunningServer> {
  return startHere({
    models: [models],
    engine: { workers: 1, threads: 1 },
    limits: { queueTicketsMax, batchesInFlightMax: 1 },
  });
}

/** How many batches each model has run since the call. */
function countRuns(t: TestContext): Map<string, number> {
  const runs = new Map<string, number>();
  t.after(subscribe('segserve:batch', ({ model, size }) => runs.set(model, (runs.get(model) ?? 0) + size)));
  return runs;
}

async function isEmpty(server: RunningServer): Promise<void> {
  await until('nothing is in flight', () => {
    const { ticketsQueued, ticketsRunning, pixelsInFlight, workers } = server.engine.status();
    const batches = workers.reduce((sum, worker) => sum + worker.batchesInFlight, 0);
    return ticketsQueued + ticketsRunning + pixelsInFlight + batches === 0;
  });
  // The connection of this very question is open, and no body is held.
  await until('no connection and no body is left', async () => {
    const text = (await ask(`${server.address}/metrics`)).bytes.toString();
    return /^segserve_http_connections 1$/m.test(text) && /^segserve_http_body_bytes 0$/m.test(text);
  });
}

/** Fills the worker and every place of the queue with requests to the slow model. */
async function fill(server: RunningServer): Promise<Promise<void>[]> {
  const reds = Array.from({ length: 1 + queueTicketsMax }, (_, at) => 20 + at * 60);
  const requests = [askRed(server.address, 'slow', reds[0]!)];
  await until('the worker is busy', () => server.engine.status().ticketsRunning === 1);
  requests.push(...reds.slice(1).map((red) => askRed(server.address, 'slow', red)));
  await until('the queue is full', () => server.engine.status().ticketsQueued === queueTicketsMax);
  return requests;
}

describe('Overload', { concurrency: false }, () => {
  test('With every place taken the door says 503 and Retry-After at once, and nothing accepted is lost', async (t) => {
    const runs = countRuns(t);
    const server = await startSmall();
    const picture = await redPicture(99);
    const accepted = await fill(server);
    let finished = 0;
    const counted = accepted.map((request) => request.finally(() => (finished += 1)));

    const refusals = await Promise.all(
      Array.from({ length: 12 }, () => segment(server.address, 'slow', picture, 'answer=alpha')),
    );
    assert.ok(finished <= 1, 'refusals came while the accepted ones were running');
    for (const refusal of refusals.slice(0, 12 - finished * 2)) {
      assert.equal(refusal.status, 503);
      const problem = problemOf(refusal);
      assert.equal(problem.code, 'overloaded');
      assert.match(String(refusal.headers['retry-after']), /^[1-9]\d*$/);
      assert.ok(problem.retryAfterMs !== undefined && problem.retryAfterMs > 0);
    }
    await Promise.all(counted); // each with its own answer
    const taken = refusals.filter(({ status }) => status === 200).length;
    assert.equal(runs.get('slow:1'), accepted.length + taken, 'what was refused was never run');
    await isEmpty(server);
    await askRed(server.address, 'quick', 5);
  });

  test('A client that leaves while it waits gives its place to another and is never run', async (t) => {
    const runs = countRuns(t);
    const server = await startSmall();
    const first = askRed(server.address, 'slow', 200);
    await until('the worker is busy', () => server.engine.status().ticketsRunning === 1);
    const leaving = new AbortController();
    const left = [1, 2, 3].map((red) => askRed(server.address, 'slow', red, { signal: leaving.signal }));
    for (const one of left) one.catch(() => {});
    await until('the queue is full', () => server.engine.status().ticketsQueued === queueTicketsMax);
    leaving.abort();
    await until('their places are free', () => server.engine.status().ticketsQueued === 0);
    assert.equal(server.engine.status().ticketsRunning, 1, 'the first is still running');
    const others = [101, 102, 103].map((red) => askRed(server.address, 'slow', red));
    await Promise.all([first, ...others]);
    for (const one of left) await assert.rejects(one, { name: 'AbortError' });
    assert.equal(runs.get('slow:1'), 4);
    await isEmpty(server);
  });

  test('A client may leave in its upload, in the queue, in the run or in the reply: nothing stays behind', async (t) => {
    const runs = countRuns(t);
    const server = await startSmall();
    const workers = server.engine.status().workers.map(({ pid }) => pid);

    await leaveInUpload(server);
    await isEmpty(server);
    assert.equal(runs.size, 0);

    await leaveWhen(server, 'running', () => server.engine.status().ticketsRunning === 1);
    await isEmpty(server);
    assert.equal(runs.get('slow:1'), 1);

    const busy = askRed(server.address, 'slow', 77);
    await until('the worker is busy', () => server.engine.status().ticketsRunning === 1);
    await leaveWhen(server, 'queued', () => server.engine.status().ticketsQueued === 1);
    await busy;
    await isEmpty(server);
    assert.equal(runs.get('slow:1'), 2, 'the one that left the queue was not run');

    await leaveInReply(server);
    await isEmpty(server);

    await askRed(server.address, 'slow', 78);
    assert.deepEqual(
      server.engine.status().workers.map(({ pid }) => pid),
      workers,
    );
    assert.equal(server.engine.notReady(), undefined);
  });

  test('A request whose deadline passes in the queue is answered 504 then and never run', async (t) => {
    const runs = countRuns(t);
    const server = await startSmall();
    const first = askRed(server.address, 'slow', 200);
    await until('the worker is busy', () => server.engine.status().ticketsRunning === 1);
    const late = await segment(server.address, 'slow', await redPicture(9), 'answer=alpha&deadlineMs=50');
    assert.equal(late.status, 504);
    assert.equal(problemOf(late).code, 'deadline_exceeded');
    await first;
    await isEmpty(server);
    assert.equal(runs.get('slow:1'), 1);
  });
});

async function leaveWhen(server: RunningServer, what: string, isThere: () => boolean): Promise<void> {
  const leaving = new AbortController();
  const request = askRed(server.address, 'slow', 50, { signal: leaving.signal });
  request.catch(() => {});
  await until(`the request is ${what}`, isThere);
  leaving.abort();
  await assert.rejects(request, { name: 'AbortError' });
}

async function leaveInUpload(server: RunningServer): Promise<void> {
  const { hostname, port, pathname, search } = new URL(segmentUrl(server.address, 'slow'));
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 500000\r\n\r\n`,
  );
  socket.write(Buffer.alloc(100_000, 1));
  await until('the server holds a part of the body', async () => {
    const text = (await ask(`${server.address}/metrics`)).bytes.toString();
    return /^segserve_http_body_bytes [1-9]/m.test(text);
  });
  socket.destroy();
}

/** Takes the first bytes of a reply that is larger than all buffers between, then goes. */
async function leaveInReply(server: RunningServer): Promise<void> {
  const picture = await noisePicture(1600, 1200);
  const { hostname, port, pathname, search } = new URL(
    segmentUrl(server.address, 'quick', 'answer=overlay&format=png'),
  );
  const socket = connect(Number(port), hostname);
  socket.write(
    `POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: ${picture.length}\r\n\r\n`,
  );
  socket.write(picture);
  const received = await new Promise<Buffer>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('data', (chunk) => {
      socket.pause();
      resolve(chunk);
    });
  });
  assert.match(received.toString('latin1'), /^HTTP\/1\.1 200 /);
  socket.destroy();
}
