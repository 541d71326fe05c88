import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SegmentJsonReplySchema } from '@segserve/contract';
import { subscribe } from '../packages/server/src/domain/events.ts';
import type { RunningServer } from '../packages/server/src/server.ts';
import { ask, askRed, problemOf, segment } from './support/ask.ts';
import { writeChain } from './support/chainPackages.ts';
import { redPicture } from './support/pictures.ts';
import { startHere } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';
import { writeRedMatte, writeSlowRedMatte } from './support/tinyPackages.ts';
import { until } from './support/until.ts';

const models = temporaryFolder();
writeRedMatte(models, 'matte');
writeSlowRedMatte(models, 'slow', 1);
const whole = { kind: 'model', model: 'matte' } as const;
// Of a picture of one opacity the whole is one region, so the crop is the picture.
const again = { kind: 'crops', of: 'first', margin: 0.5, model: 'matte' } as const;
writeChain(models, 'twice', [
  { name: 'first', ...whole },
  { name: 'again', ...again },
]);
const slowStages = Array.from({ length: 6 }, (_, at) => ({
  name: `s${at + 1}`,
  kind: 'crops' as const,
  of: at === 0 ? 'first' : `s${at}`,
  model: 'slow',
}));
writeChain(models, 'long', [{ name: 'first', ...whole }, ...slowStages]);

const slowOnes = new Set(['long:1']);

async function segmentedWith(server: RunningServer, query: string) {
  const reply = await segment(server.address, 'twice', await redPicture(200), query);
  assert.equal(reply.status, 200, reply.bytes.toString('latin1').slice(0, 300));
  return reply;
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

describe('a chain over HTTP', { concurrency: false }, () => {
  test('runs in one worker as one order, and tells what each stage took', async () => {
    const server = await startHere({ models: [models], engine: { workers: 1, threads: 1 } });
    const batches: string[] = [];
    const stop = subscribe('segserve:batch', ({ model }) => batches.push(model));
    const reply = await segmentedWith(server, 'answer=stats&response=json');
    stop();
    assert.deepEqual(batches, ['twice:1']);
    const { stages, timings } = SegmentJsonReplySchema.parse(JSON.parse(reply.bytes.toString()));
    assert.deepEqual(
      stages?.map(({ name, runs }) => [name, runs]),
      [
        ['first', 1],
        ['again', 1],
      ],
    );
    assert.ok(stages.every(({ ms }) => ms > 0) && timings.infer > 0);
    assert.match(
      String(reply.headers['server-timing']),
      /encode;dur=[\d.]+, stage-first;dur=[\d.]+, stage-again;dur=[\d.]+, total;dur=/,
    );
    const plain = await segment(server.address, 'matte', await redPicture(200), 'answer=alpha');
    assert.doesNotMatch(String(plain.headers['server-timing']), /stage-/);
  });

  test('is listed as what it answers like, with its stages', async () => {
    const server = await startHere({ models: [models], engine: { workers: 1, threads: 1 } });
    const { bytes } = await ask(`${server.address}/v1/models/twice`);
    const { task, stages, answers } = JSON.parse(bytes.toString());
    assert.equal(task, 'matting');
    assert.deepEqual(stages, [
      { name: 'first', kind: 'model', models: ['matte:1'] },
      { name: 'again', kind: 'crops', models: ['matte:1'] },
    ]);
    assert.ok(answers.includes('cutout'));
    const cutout = await segment(server.address, 'twice', await redPicture(255), '');
    assert.equal(cutout.headers['content-type'], 'image/png', 'what a matting model gives unasked');
  });

  test('loses no request when its worker dies, and refuses the picture that kills twice', async (t) => {
    const server = await startHere({ models: [models], engine: { workers: 2, threads: 1 } });
    let deaths = 0;
    let deathsLeft = 1;
    const stop = subscribe('segserve:batch', ({ model, workerPid }) => {
      if (!slowOnes.has(model) || deathsLeft === 0) return;
      deathsLeft -= 1;
      deaths += 1;
      setImmediate(() => process.kill(workerPid, 'SIGKILL'));
    });
    t.after(stop);
    await askRed(server.address, 'long', 210);
    assert.equal(deaths, 1);
    deathsLeft = 2;
    const killed = await segment(server.address, 'long', await redPicture(211));
    assert.equal(problemOf(killed).code, 'worker_failed');
    assert.equal(problemOf(await segment(server.address, 'long', await redPicture(211))).code, 'poison_input');
    await askRed(server.address, 'twice', 211);
  });

  test('stops after the stage that runs when its caller’s time is over', async () => {
    const server = await startHere({ models: [models], engine: { workers: 1, threads: 1 } });
    await askRed(server.address, 'twice', 220);
    const full = await timeOf(() => askRed(server.address, 'long', 221));
    const late = await timeOf(async () => {
      const reply = await segment(server.address, 'long', await redPicture(222), 'answer=alpha&deadlineMs=20');
      assert.equal(problemOf(reply).code, 'deadline_exceeded');
      await until('the worker is free', () => server.engine.status().ticketsRunning === 0);
    });
    assert.ok(late < full / 2, `${late} ms of ${full}`);
  });
});
