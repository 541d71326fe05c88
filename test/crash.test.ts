import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { subscribe } from '../packages/server/src/domain/events.ts';
import type { RunningServer } from '../packages/server/src/server.ts';
import { ask, askRed, problemOf, segment } from './support/ask.ts';
import { redPicture } from './support/pictures.ts';
import { childrenOf, isAlive, onLinux } from './support/processes.ts';
import { spawnServer, startHere } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeRedMatte, writeSlowRedMatte } from './support/tinyPackages.ts';
import { until } from './support/until.ts';

const models = temporaryFolder();
writeSlowRedMatte(models, 'matte', 1);
writeRedMatte(models, 'victim', { batching: { maxSize: 8, delayMs: 0 } });

/** Eight callers that ask one after the other until told to stop; each answer is checked, each failure kept. */
class Traffic {
  readonly failures: unknown[] = [];
  readonly #outstanding = new Set<number>();
  readonly #callers: Promise<void>[];
  #asked = 0;
  #stopped = false;

  constructor(address: string, model: string, callers = 8) {
    this.#callers = Array.from({ length: callers }, () => this.#call(address, model));
  }

  get answered(): number {
    return this.#asked - this.#outstanding.size;
  }

  /** Resolves when every request that is under way now has its answer. */
  async turnedOver(): Promise<void> {
    const now = [...this.#outstanding];
    await until('the requests under way are answered', () => now.every((one) => !this.#outstanding.has(one)), 60_000);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.all(this.#callers);
  }

  async #call(address: string, model: string): Promise<void> {
    while (!this.#stopped) {
      const id = this.#asked++;
      this.#outstanding.add(id);
      await askRed(address, model, (id * 37) % 256).catch((error: unknown) => this.failures.push(error));
      this.#outstanding.delete(id);
    }
  }
}

function busyWorker({ engine }: RunningServer): number | undefined {
  return engine.status().workers.find(({ state, batchesInFlight }) => state === 'ready' && batchesInFlight > 0)?.pid;
}

describe('Workers that die', { concurrency: false }, () => {
  test('While workers are killed under load, no request fails and every answer is the one to its picture', async (t) => {
    const server = await startHere({ models: [models], engine: { workers: 2, threads: 1 } });
    const traffic = new Traffic(server.address, 'matte');
    t.after(() => traffic.stop());
    const killed = new Set<number>();
    for (const signal of ['SIGKILL', 'SIGSEGV', 'SIGABRT', 'SIGKILL'] as const) {
      const pid = await until('a worker is busy', () => busyWorker(server));
      assert.ok(childrenOf(process.pid).includes(pid), 'it is a process that this server has started');
      process.kill(pid, signal);
      killed.add(pid);
      // A request may lose one worker; two would be its own fault. So the next kill waits for those of this one.
      await until('the death was noticed', () => engineHasLost(server, pid));
      await traffic.turnedOver();
    }
    await traffic.stop();
    assert.deepEqual(traffic.failures, []);
    assert.equal(killed.size, 4, 'each kill met another process');
    assert.equal(server.engine.status().workerRestarts, 4);
    await until('two workers are ready again', () => readyWorkers(server).length === 2);
    assert.ok(traffic.answered > 16);
  });

  test('A picture that ends its worker each time costs two workers, then is refused; others never notice', async (t) => {
    const server = await startHere({ models: [models], engine: { workers: 2, threads: 1 } });
    const traffic = new Traffic(server.address, 'matte', 6);
    t.after(() => traffic.stop());
    let runs = 0;
    const deaths: number[] = [];
    // Only the poisonous picture goes to this model, so its batches are known by the model's name.
    const stopKilling = subscribe('segserve:batch', ({ model, workerPid }) => {
      if (model !== 'victim:1') return;
      runs += 1;
      setImmediate(() => process.kill(workerPid, 'SIGKILL'));
    });
    const stopCounting = subscribe('segserve:worker', ({ event, pid }) => {
      if (event === 'died') deaths.push(pid);
    });
    t.after(stopKilling);
    t.after(stopCounting);
    const poison = await redPicture(13);

    const first = await segment(server.address, 'victim', poison);
    assert.equal(first.status, 502);
    assert.equal(problemOf(first).code, 'worker_failed');
    assert.equal(runs, 2, 'it was tried once more');
    assert.equal(new Set(deaths).size, 2);

    for (let again = 0; again < 3; again++) {
      const refused = await segment(server.address, 'victim', poison);
      assert.equal(refused.status, 422);
      assert.equal(problemOf(refused).code, 'poison_input');
    }
    stopKilling();
    await traffic.turnedOver();
    assert.equal(runs, 2, 'a refusal runs nothing');
    assert.equal(deaths.length, 2, 'a refusal costs no worker');

    await askRed(server.address, 'victim', 14);
    await askRed(server.address, 'matte', 13);
    await traffic.stop();
    assert.deepEqual(traffic.failures, []);
    assert.equal(deaths.length, 2);
  });

  test('Pictures that shared a batch with a poisonous one are answered', async (t) => {
    const server = await startHere({ models: [models], engine: { workers: 1, threads: 1 } });
    const poison = await redPicture(13);
    // The first batch holds all of them; it is known by being the first, the poison's second by being alone and last.
    const sizes: number[] = [];
    const stop = subscribe('segserve:batch', ({ model, size, workerPid }) => {
      if (model !== 'victim:1') return;
      sizes.push(size);
      if (size > 1) setImmediate(() => process.kill(workerPid, 'SIGKILL'));
    });
    t.after(stop);
    // While the slow model runs, the others gather in the queue.
    const slow = [1, 2, 3].map((red) => askRed(server.address, 'matte', red));
    await until('the worker is full', () => server.engine.status().ticketsQueued > 0);
    const asked = [poison, ...(await Promise.all([50, 51, 52].map((red) => redPicture(red))))];
    const replies = await Promise.all(asked.map((image) => segment(server.address, 'victim', image)));
    await Promise.all(slow);
    assert.deepEqual(
      replies.map(({ status }) => status),
      [200, 200, 200, 200],
    );
    assert.equal(sizes[0], 4, 'they shared a batch');
    assert.deepEqual(sizes.slice(1), [1, 1, 1, 1], 'after the death each ran alone');
  });

  test('Workers end when the gateway is killed, and ps tells both by name', { skip: onLinux }, async () => {
    const server = await spawnServer({ args: ['--models', models, '--workers', '2', '--threads', '1'] });
    assert.equal((await ask(`${server.address}/readyz`)).status, 200);
    const workers = await until('both workers have started', () => {
      const pids = server.workers();
      return pids.length === 2 && pids.every((pid) => titleOf(pid) === 'segserve worker') ? pids : undefined;
    });
    assert.equal(titleOf(server.pid), 'segserve serve');

    const requests = Array.from({ length: 8 }, (_, red) => askRed(server.address, 'matte', red).catch(() => undefined));
    await sleep(50);
    server.kill('SIGKILL');
    assert.equal((await server.exit).signal, 'SIGKILL');
    await until('no worker is left', () => !workers.some(isAlive));
    await Promise.all(requests);
  });
});

function engineHasLost({ engine }: RunningServer, pid: number): boolean {
  return engine.status().workers.every((worker) => worker.pid !== pid);
}

function readyWorkers({ engine }: RunningServer) {
  return engine.status().workers.filter(({ state }) => state === 'ready');
}

function titleOf(pid: number): string {
  return execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trim();
}
