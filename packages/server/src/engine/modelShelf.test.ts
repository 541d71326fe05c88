import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subscribe } from '../domain/events.ts';
import { Fault } from '../domain/fault.ts';
import type { SegmentRequest } from '../domain/request.ts';
import { type HandRunner, handEngine, pngHeader, settled, specNamed } from './engine.testSupport.ts';

const request: SegmentRequest = { model: 'face', image: pngHeader(4, 4), answers: [{ kind: 'alpha' }] };
const faultOf = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;
const two = { workers: 2, specs: [specNamed('face', { maxSize: 1 }), specNamed('street', { maxSize: 1 })] };
const asked = (runners: readonly HandRunner[]) => runners.map(({ changes }) => changes.map(({ what }) => what));

/** Ends each change as soon as a runner is told of it, until nothing more comes. */
async function finishChanges(runners: readonly HandRunner[]): Promise<void> {
  for (let turn = 0; turn < 6; turn++) {
    await settled();
    for (const runner of runners) for (const change of runner.changes.splice(0)) change.finish();
  }
}

test('unloading takes nothing new, finishes what was accepted, then closes the model in each worker', async () => {
  const { engine, runners, allReady } = handEngine(two);
  allReady();
  const accepted = Array.from({ length: 6 }, () => engine.segment(request));
  await settled();
  const unloading = engine.unload('face');
  await settled();
  await assert.rejects(engine.segment(request), (fault: Fault) => {
    assert.equal(fault.code, 'model_not_ready');
    assert.match(fault.message, /unloaded/);
    return true;
  });
  assert.deepEqual(asked(runners), [[], []], 'accepted requests are first');
  for (let turn = 0; turn < 3; turn++) {
    for (const runner of runners) runner.finishOldest();
    await settled();
  }
  assert.equal((await Promise.all(accepted)).length, 6);
  assert.deepEqual(asked(runners), [['unload face:1'], []], 'one worker after the other');
  runners[0]!.changes.shift()!.finish();
  await settled();
  assert.deepEqual(asked(runners), [[], ['unload face:1']]);
  runners[1]!.changes.shift()!.finish();
  await unloading;
  assert.equal(engine.model('face').state, 'unloaded');
  assert.equal(engine.notReady(), undefined, 'a model that nobody wants is no reason');
  assert.throws(() => engine.signature('face'), faultOf('model_not_ready'));
  const other = engine.segment({ ...request, model: 'street' });
  await settled();
  runners[0]!.finishOldest();
  await other;
});

test('loading goes through the workers one by one, and the model answers when all have it', async () => {
  const { engine, runners, allReady } = handEngine(two);
  allReady();
  const unloading = engine.unload('face');
  await finishChanges(runners);
  await unloading;
  const loading = engine.load('face');
  await settled();
  assert.deepEqual(asked(runners), [['load face:1'], []]);
  runners[0]!.changes.shift()!.finish();
  await settled();
  assert.equal(engine.model('face').state, 'loading');
  await assert.rejects(engine.segment(request), faultOf('model_not_ready'));
  runners[1]!.changes.shift()!.finish();
  await loading;
  assert.equal(engine.model('face').state, 'ready');
  const answer = engine.segment(request);
  await settled();
  runners[0]!.finishOldest();
  await answer;
});

test('loading what is loaded asks no worker; a failed model is tried again, and says why it failed', async () => {
  const { engine, runners, refs } = handEngine({ specs: [specNamed('face')] });
  const early = engine.load('face');
  runners[0]!.becomeReady(refs);
  await early;
  await engine.load('face');
  assert.deepEqual(asked(runners), [[]]);

  const failing = handEngine({ specs: [specNamed('face')] });
  failing.runners[0]!.becomeReady(failing.refs, 'digest differs');
  const again = failing.engine.load('face');
  again.catch(() => {});
  await settled();
  failing.runners[0]!.changes.shift()!.finish('digest still differs');
  await assert.rejects(again, { code: 'model_invalid', message: 'face:1 failed to load: digest still differs' });
  assert.equal(failing.engine.model('face').state, 'failed');
  const third = failing.engine.load('face');
  await settled();
  failing.runners[0]!.changes.shift()!.finish();
  await third;
  assert.equal(failing.engine.model('face').state, 'ready');
});

test('changes of one model happen in the order in which they were asked for', async () => {
  const { engine, runners, allReady } = handEngine({ specs: [specNamed('face')] });
  allReady();
  const changes = [engine.unload('face'), engine.load('face'), engine.unload('face'), engine.unload('face')];
  const seen: string[] = [];
  for (let turn = 0; turn < 6; turn++) {
    await settled();
    assert.ok(runners[0]!.changes.length <= 1);
    const next = runners[0]!.changes.shift();
    if (next) seen.push(next.what);
    next?.finish();
  }
  await Promise.all(changes);
  assert.deepEqual(seen, ['unload face:1', 'load face:1', 'unload face:1']);
  assert.equal(engine.model('face').state, 'unloaded');
});

test('a worker that starts later opens only what is loaded; while accepted requests remain, the model is among it', async () => {
  const { engine, runners, allReady } = handEngine({ ...two, workers: 1 });
  allReady();
  const accepted = engine.segment(request);
  await settled();
  const unloading = engine.unload('face');
  await settled();
  runners[0]!.die();
  assert.deepEqual([...runners[1]!.loaded], ['face:1', 'street:1'], 'the retry needs it');
  runners[1]!.becomeReady(['face:1', 'street:1']);
  await settled();
  runners[1]!.finishOldest();
  await accepted;
  await finishChanges(runners);
  await unloading;
  runners[1]!.die();
  await new Promise((resolve) => setTimeout(resolve, 250));
  assert.deepEqual([...runners[2]!.loaded], ['street:1']);
});

test('a worker that was starting when the model was unloaded does not bring it back', async () => {
  const { engine, runners, refs } = handEngine({ ...two });
  runners[0]!.becomeReady(refs);
  const unloading = engine.unload('face');
  await finishChanges(runners);
  await unloading;
  const told: string[] = [];
  const stop = subscribe('segserve:model', ({ model, event }) => told.push(`${model} ${event}`));
  runners[1]!.becomeReady(refs);
  stop();
  assert.equal(engine.model('face').state, 'unloaded');
  assert.deepEqual(told, ['street:1 ready']);
});

test('closing ends a load that waits', async () => {
  const { engine } = handEngine({ specs: [specNamed('face')] });
  const waiting = engine.load('face');
  waiting.catch(() => {});
  await settled();
  await engine.close({ graceMs: 100 });
  await assert.rejects(waiting, faultOf('shutting_down'));
  await assert.rejects(engine.load('face'), faultOf('shutting_down'));
});
