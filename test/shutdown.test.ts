import assert from 'node:assert/strict';
import { connect, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { ask, askRed, segmentUrl } from './support/ask.ts';
import { childrenOf, isAlive, onLinux } from './support/processes.ts';
import { type ServerProcess, spawnServer } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeSlowRedMatte } from './support/tinyPackages.ts';
import { until } from './support/until.ts';

const models = temporaryFolder();
writeSlowRedMatte(models, 'slow', 4);
const args = ['--models', models, '--workers', '1', '--threads', '1'];

/** How many requests the engine has taken and not answered yet. */
async function accepted(server: ServerProcess): Promise<number> {
  const text = (await ask(`${server.address}/metrics`)).bytes.toString();
  const gauge = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  return gauge('segserve_tickets_queued') + gauge('segserve_tickets_running');
}

/** Requests under way, all of them taken. */
async function loaded(server: ServerProcess, count: number): Promise<Promise<void>[]> {
  const requests = Array.from({ length: count }, (_, at) => askRed(server.address, 'slow', at * 20));
  for (const request of requests) request.catch(() => {}); // whoever awaits it hears of its failure
  await until('all requests are accepted', async () => (await accepted(server)) >= count - 1);
  return requests;
}

function isRefused(server: ServerProcess): Promise<boolean> {
  const { hostname, port } = new URL(server.address);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

/** A client that sends the beginning of a picture and then nothing more. */
async function stuckUpload(server: ServerProcess): Promise<Socket> {
  const { hostname, port, pathname, search } = new URL(segmentUrl(server.address, 'slow'));
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.write(
    `POST ${pathname}${search} HTTP/1.1\r\nHost: x\r\nContent-Type: image/png\r\nContent-Length: 50000\r\n\r\n`,
  );
  socket.write(Buffer.alloc(1000, 1));
  await until('the bytes have left', () => socket.writableLength === 0 && socket.readyState === 'open');
  return socket;
}

async function leavesNothing(workers: readonly number[]): Promise<void> {
  await until('no worker is left', () => !workers.some(isAlive), 10_000);
}

describe('Shutting down', { concurrency: false, skip: onLinux }, () => {
  for (const { how, signal, group } of [
    { how: 'SIGTERM', signal: 'SIGTERM', group: false },
    { how: 'Ctrl-C, which reaches the whole process group,', signal: 'SIGINT', group: true },
  ] as const) {
    test(`${how} finishes accepted requests, refuses new connections and leaves with 0`, async () => {
      const server = await spawnServer({ args, ownGroup: group });
      const requests = await loaded(server, 4);
      const workers = server.workers();
      assert.equal(workers.length, 1);
      let answered = 0;
      for (const request of requests) request.then(() => (answered += 1)).catch(() => {});

      process.kill(group ? -server.pid : server.pid, signal);
      await until('new connections are refused', () => isRefused(server));
      assert.ok(answered < 4, 'accepted requests were still under way');
      assert.ok(await isRefused(server));

      await Promise.all(requests); // each with the right answer
      assert.deepEqual(await server.exit, { code: 0, signal: null }, server.output());
      assert.match(server.output(), /Stopped\.\n$/);
      // A worker that obeyed the signal would be replaced and its requests run again: right answers, at twice the price.
      assert.doesNotMatch(server.output(), /worker died/);
      await leavesNothing(workers);
    });
  }

  test('The second signal ends it at once, with requests under way and a worker that hangs', async () => {
    const server = await spawnServer({ args });
    const requests = await loaded(server, 4);
    const [worker] = server.workers();
    process.kill(worker!, 'SIGSTOP');
    server.kill('SIGTERM');
    await until('it says that it finishes', () => server.output().includes('once more to stop at once'));
    assert.ok(isAlive(server.pid));
    server.kill('SIGTERM');
    assert.deepEqual(await server.exit, { code: 143, signal: null });
    const outcomes = await Promise.allSettled(requests);
    assert.ok(outcomes.some(({ status }) => status === 'rejected'));
    await leavesNothing([worker!]);
  });

  test('A worker that hangs holds the end up for the grace time and no longer', async () => {
    const server = await spawnServer({ args, env: { SEGSERVE_ENGINE_GRACE_MS: '1500' } });
    const requests = await loaded(server, 2);
    const [worker] = server.workers();
    process.kill(worker!, 'SIGSTOP');
    server.kill('SIGTERM');
    assert.deepEqual(await server.exit, { code: 0, signal: null }, server.output());
    await Promise.allSettled(requests);
    await leavesNothing([worker!]);
  });

  test('A client that is stuck in its upload holds the end up for the grace time and no longer', async () => {
    const server = await spawnServer({ args, env: { SEGSERVE_ENGINE_GRACE_MS: '1500' } });
    const workers = server.workers();
    const client = await stuckUpload(server);
    server.kill('SIGTERM');
    const { code } = await server.exit;
    assert.equal(code, 0, server.output());
    await until('the client was cut off', () => client.destroyed || client.readyState !== 'open');
    await leavesNothing(workers);
    assert.deepEqual(childrenOf(server.pid), []);
  });
});
