import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../domain/fault.ts';
import type { SegmentRequest } from '../domain/request.ts';
import { handEngine, pngHeader, settled, specNamed } from './engine.testSupport.ts';

const alpha = [{ kind: 'alpha' }] as const;
const request = (more: Partial<SegmentRequest> = {}): SegmentRequest => ({
  model: 'face',
  image: pngHeader(4, 4),
  answers: alpha,
  ...more,
});
const faultOf = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;

test('a request goes to an idle worker at once and comes back with its queue time', async () => {
  const { engine, runners, allReady } = handEngine({});
  allReady();
  const answer = engine.segment(request());
  await settled();
  assert.equal(runners[0]!.batches.length, 1);
  runners[0]!.finishOldest();
  const result = await answer;
  assert.equal(result.model, 'face:1');
  assert.ok(result.timings.queue >= 0);
});

test('requests that wait while a worker is busy leave as one batch, full before their delay is over', async () => {
  const { engine, runners, allReady } = handEngine({ specs: [specNamed('face', { maxSize: 3, delayMs: 1000 })] });
  allReady();
  const answers = Array.from({ length: 5 }, () => engine.segment(request()));
  await settled();
  assert.deepEqual(
    runners[0]!.batches.map((batch) => batch.length),
    [1, 3],
    'one to the idle worker, then a full one; the fifth waits',
  );
  runners[0]!.finishOldest();
  runners[0]!.finishOldest();
  await settled();
  assert.deepEqual(
    runners[0]!.batches.map((batch) => batch.length),
    [1],
  );
  runners[0]!.finishOldest();
  await Promise.all(answers);
});

test('a batch that is not full leaves when its delay is over', async () => {
  const { engine, runners, allReady } = handEngine({ specs: [specNamed('face', { maxSize: 8, delayMs: 20 })] });
  allReady();
  const answers = [engine.segment(request()), engine.segment(request()), engine.segment(request())];
  await settled();
  assert.equal(runners[0]!.batches.length, 1, 'the other two wait for company');
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(
    runners[0]!.batches.map((batch) => batch.length),
    [1, 2],
  );
  runners[0]!.finishOldest();
  runners[0]!.finishOldest();
  await Promise.all(answers);
});

test('pictures of any size share a batch when the model brings them to one size', async () => {
  const { engine, runners, allReady } = handEngine({ specs: [specNamed('face', { delayMs: 5 })] });
  allReady();
  const first = engine.segment(request());
  const rest = [
    engine.segment(request({ image: pngHeader(10, 900) })),
    engine.segment(request({ image: pngHeader(77, 3) })),
  ];
  await settled();
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(runners[0]!.batches[1]?.length, 2);
  runners[0]!.finishOldest();
  runners[0]!.finishOldest();
  await Promise.all([first, ...rest]);
});

test('a full queue is refused at once, with a time after which to try again', async () => {
  const { engine, runners, allReady } = handEngine({
    limits: { queueTicketsMax: 2 },
    specs: [specNamed('face', { maxSize: 1 })],
  });
  allReady();
  const accepted = Array.from({ length: 4 }, () => engine.segment(request()));
  await settled();
  await assert.rejects(engine.segment(request()), (error: Fault) => {
    assert.equal(error.code, 'overloaded');
    assert.ok(error.retryAfterMs! >= 1000);
    return true;
  });
  for (let turn = 0; turn < 4; turn++) {
    runners[0]!.finishOldest();
    await settled();
  }
  await Promise.all(accepted);
});

test('decoded pixels in flight are bounded, and a single picture above what is left still gets its turn', async () => {
  const { engine, runners, allReady } = handEngine({
    limits: { pixelsInFlightMax: 100 },
    specs: [specNamed('face', { delayMs: 0 })],
  });
  allReady();
  const answers = [
    engine.segment(request({ image: pngHeader(9, 9) })),
    engine.segment(request({ image: pngHeader(9, 9) })),
  ];
  await settled();
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.equal(runners[0]!.batches.length, 1, 'the second would be 162 pixels');
  assert.equal(engine.status().pixelsInFlight, 81);
  runners[0]!.finishOldest();
  await settled();
  assert.equal(runners[0]!.batches.length, 1);
  runners[0]!.finishOldest();
  await Promise.all(answers);
});

test('a caller that leaves while waiting frees its place and is never run', async () => {
  const { engine, runners, allReady } = handEngine({ specs: [specNamed('face', { maxSize: 1 })] });
  allReady();
  const busy = [engine.segment(request()), engine.segment(request())];
  const leaving = new AbortController();
  const left = engine.segment(request({ signal: leaving.signal }));
  left.catch(() => {});
  await settled();
  assert.equal(engine.status().ticketsQueued, 1);
  leaving.abort();
  await assert.rejects(left, faultOf('cancelled'));
  assert.equal(engine.status().ticketsQueued, 0);
  runners[0]!.finishOldest();
  runners[0]!.finishOldest();
  await Promise.all(busy);
  await settled();
  assert.equal(runners[0]!.runs, 2);
});

test('a caller that leaves while running is told to the worker, and its late answer is dropped', async () => {
  const { engine, runners, allReady } = handEngine({});
  allReady();
  const leaving = new AbortController();
  const left = engine.segment(request({ signal: leaving.signal }));
  left.catch(() => {});
  await settled();
  leaving.abort();
  await assert.rejects(left, faultOf('cancelled'));
  assert.equal(runners[0]!.cancelled.length, 1);
  assert.equal(engine.status().pixelsInFlight, 16, 'its pixels are still in the worker');
  runners[0]!.finishOldest();
  assert.equal(engine.status().pixelsInFlight, 0);
});

test('a deadline that passes ends the request', async () => {
  const { engine, runners, allReady } = handEngine({});
  allReady();
  await assert.rejects(engine.segment(request({ deadlineMs: 20 })), faultOf('deadline_exceeded'));
  runners[0]!.finishOldest();
});

test('the tickets of a worker that dies run once more, each alone in an idle worker', async () => {
  const { engine, runners, allReady, refs } = handEngine({ specs: [specNamed('face', { delayMs: 5 })] });
  allReady();
  const answers = [engine.segment(request()), engine.segment(request()), engine.segment(request())];
  await settled();
  await new Promise((resolve) => setTimeout(resolve, 40));
  assert.equal(runners[0]!.ticketsInFlight, 3);
  runners[0]!.die();
  assert.equal(runners.length, 2, 'a replacement started');
  runners[1]!.becomeReady(refs);
  for (let turn = 0; turn < 3; turn++) {
    await settled();
    assert.deepEqual(
      runners[1]!.batches.map((batch) => batch.length),
      [1],
      'nothing else beside a retry',
    );
    runners[1]!.finishOldest();
  }
  assert.equal((await Promise.all(answers)).length, 3);
  assert.equal(engine.status().workerRestarts, 1);
});

test('a picture that ends two workers fails, is refused from then on, and takes nobody with it', async () => {
  const { engine, runners, refs } = handEngine({ workers: 2, specs: [specNamed('face', { delayMs: 0 })] });
  for (const runner of runners) runner.becomeReady(refs);
  const bad = engine.segment(request({ image: pngHeader(6, 6) }));
  bad.catch(() => {});
  await settled();
  runners[0]!.die('SIGSEGV');
  await settled();
  const second = runners.find((runner) => runner.ticketsInFlight === 1)!;
  const good = engine.segment(request());
  second.die('SIGSEGV');
  await assert.rejects(bad, faultOf('worker_failed'));
  await assert.rejects(engine.segment(request({ image: pngHeader(6, 6) })), faultOf('poison_input'));
  for (const runner of runners.slice(2)) runner.becomeReady(refs);
  await new Promise((resolve) => setTimeout(resolve, 250));
  for (const runner of runners.slice(2)) runner.becomeReady(refs);
  await settled();
  for (const runner of runners) if (runner.batches.length > 0) runner.finishOldest();
  assert.equal((await good).width, 4);
});

test('a worker that outgrows its memory is replaced before it is drained', async () => {
  const { engine, runners, allReady, refs } = handEngine({ rssBytesMax: 100 });
  allReady();
  const answer = engine.segment(request());
  await settled();
  runners[0]!.rssBytes = 101;
  runners[0]!.finishOldest();
  await answer;
  assert.equal(runners.length, 2);
  assert.equal(runners[0]!.retired, false, 'it works on until the new one is ready');
  runners[1]!.becomeReady(refs);
  assert.equal(runners[0]!.retired, true);
  const next = engine.segment(request());
  await settled();
  assert.equal(runners[1]!.ticketsInFlight, 1);
  runners[1]!.finishOldest();
  await next;
});

test('closing lets accepted requests finish and refuses later ones', async () => {
  const { engine, runners, allReady } = handEngine({ specs: [specNamed('face', { maxSize: 1 })] });
  allReady();
  const accepted = Array.from({ length: 3 }, () => engine.segment(request()));
  await settled();
  const closed = engine.close({ graceMs: 5000 });
  await assert.rejects(engine.segment(request()), faultOf('shutting_down'));
  for (let turn = 0; turn < 3; turn++) {
    runners[0]!.finishOldest();
    await settled();
  }
  assert.equal((await Promise.all(accepted)).length, 3);
  await closed;
  assert.equal(runners[0]!.retired, true);
});

test('an unknown model is refused with the list of the known ones', async () => {
  const { engine, allReady } = handEngine({ specs: [specNamed('face'), specNamed('street')] });
  allReady();
  await assert.rejects(engine.segment(request({ model: 'fase' })), {
    code: 'unknown_model',
    message: 'No model "fase" is served here. Did you mean "face:1"? Known: face:1, street:1.',
  });
});

test('a model that failed to load says why, to its callers and in the readiness', async () => {
  const { engine, runners, refs } = handEngine({});
  assert.match(engine.notReady()!, /loading/);
  runners[0]!.becomeReady(refs, 'digest differs');
  await assert.rejects(engine.segment(request()), {
    code: 'model_not_ready',
    message: 'face:1 failed to load: digest differs',
  });
  assert.match(engine.notReady()!, /face:1 failed to load: digest differs/);
});
