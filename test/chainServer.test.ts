import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SegmentJsonReplySchema } from '@segserve/contract';
import { subscribe } from '../packages/server/src/domain/events.ts';
import { defaultLimits } from '../packages/server/src/domain/limits.ts';
import { openEngine } from '../packages/server/src/engine/engine.ts';
import type { WorkOutcome } from '../packages/server/src/engine/ticketWork.ts';
import { WorkerRunner } from '../packages/server/src/engine/workerRunner.ts';
import { findModels } from '../packages/server/src/models/repository.ts';
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

  test('says so when its caller’s time is over, and frees its worker', async () => {
    const server = await startHere({ models: [models], engine: { workers: 1, threads: 1 } });
    const reply = await segment(server.address, 'long', await redPicture(222), 'answer=alpha&deadlineMs=20');
    assert.equal(problemOf(reply).code, 'deadline_exceeded');
    await until('the worker is free', () => server.engine.status().ticketsRunning === 0);
    await askRed(server.address, 'twice', 222);
  });

  for (const [when, opensLater] of [
    ['as soon as it is sent', () => false],
    ['while its models open', () => true],
  ] as const)
    test(`is left by its worker when its caller goes ${when}`, async (t) => {
      const outcomes: WorkOutcome[] = [];
      const { engine, ready } = openEngine({
        models: await findModels([models]),
        opensLater,
        limits: defaultLimits,
        plan: { workers: 1, threads: 1, cores: 1, why: 'a test' },
        rssBytesMax: undefined,
        start: (open, events) =>
          new WorkerRunner(
            { ...open, limits: defaultLimits, threads: 1, checkGoldens: false },
            {
              ready: (...what) => events.ready(...what),
              opened: (...what) => events.opened(...what),
              freed: (...what) => events.freed(...what),
              died: (...what) => events.died(...what),
              finished: (...what) => {
                outcomes.push(what[2]);
                events.finished(...what);
              },
            },
          ),
      });
      t.after(() => engine.close());
      await ready;
      const leaving = new AbortController();
      t.after(subscribe('segserve:batch', () => leaving.abort()));
      const image = await redPicture(223);
      const answers = [{ kind: 'alpha' as const }];
      await assert.rejects(engine.segment({ model: 'long', image, answers, signal: leaving.signal }), {
        code: 'cancelled',
      });
      await until('the worker has ended it', () => outcomes.length === 1);
      const [outcome] = outcomes;
      assert.ok(outcome && 'fault' in outcome, 'it ran to its end');
      assert.equal(outcome.fault.code, 'cancelled');
    });
});
