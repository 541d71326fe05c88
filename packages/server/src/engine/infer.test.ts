import assert from 'node:assert/strict';
import { test } from 'node:test';
import { subscribe } from '../domain/events.ts';
import { Fault } from '../domain/fault.ts';
import type { NumberTensor, TensorRequest } from '../domain/tensor.ts';
import { handEngine, pngHeader, settled, specNamed } from './engine.testSupport.ts';

const pair = (value: number): NumberTensor => ({
  name: 'x',
  type: 'float32',
  dims: [1, 2],
  bytes: new Uint8Array(Float32Array.of(value, 0).buffer),
});
const request = (value = 1, more: Partial<TensorRequest> = {}): TensorRequest => ({
  model: 'face',
  inputs: [pair(value)],
  ...more,
});
const picture = { model: 'face', image: pngHeader(4, 4), answers: [{ kind: 'alpha' }] } as const;
const faultOf = (code: string) => (error: unknown) => error instanceof Fault && error.code === code;

test('tensors come back in the order of the wanted names, with their queue time', async () => {
  const { engine, runners, allReady } = handEngine({});
  allReady();
  const events: unknown[] = [];
  const stop = subscribe('segserve:request', ({ model, outcome, batchSize, requestId }) => {
    events.push({ model, outcome, batchSize, requestId });
  });
  const answer = engine.infer(request(1, { outputs: ['z', 'y'], requestId: 'r7' }));
  await settled();
  runners[0]!.finishOldest();
  const result = await answer;
  stop();
  assert.equal(result.model, 'face:1');
  assert.deepEqual(
    result.outputs.map(({ name }) => name),
    ['z', 'y'],
  );
  assert.ok(result.timings.queue >= 0);
  assert.deepEqual(events, [{ model: 'face:1', outcome: 'ok', batchSize: 1, requestId: 'r7' }]);
});

test('each request with tensors runs alone, and pictures beside them still share a batch', async () => {
  const { engine, runners, allReady } = handEngine({ specs: [specNamed('face', { maxSize: 8, delayMs: 0 })] });
  allReady();
  const busy = [engine.infer(request(0)), engine.infer(request(0))];
  await settled();
  const waiting = [
    engine.infer(request(1)),
    engine.segment(picture),
    engine.infer(request(2)),
    engine.segment(picture),
  ];
  await settled();
  const seen: string[] = [];
  for (let turn = 0; turn < 5; turn++) {
    runners[0]!.finishOldest();
    await settled();
    const next = runners[0]!.batches.at(-1);
    if (next) seen.push(next.map(({ work }) => work.kind).join('+'));
  }
  await Promise.all([...busy, ...waiting]);
  assert.deepEqual(seen.slice(0, 3), ['tensors', 'segment+segment', 'tensors'], 'oldest first');
});

test('a wrong request costs no worker and no place', async () => {
  const { engine, runners, allReady } = handEngine({});
  allReady();
  await assert.rejects(engine.infer({ model: 'face', inputs: [] }), faultOf('invalid_request'));
  await assert.rejects(engine.infer(request(1, { outputs: ['w'] })), faultOf('invalid_request'));
  await assert.rejects(engine.infer(request(1, { model: 'fase' })), faultOf('unknown_model'));
  assert.equal(runners[0]!.runs, 0);
});

test('tensors above the limit are refused, and those that wait count as bytes of the queue', async () => {
  const small = handEngine({ limits: { tensorBytesMax: 7 } });
  small.allReady();
  await assert.rejects(small.engine.infer(request()), faultOf('body_too_large'));
  const { engine, runners, allReady } = handEngine({ limits: { queueBytesMax: 10 } });
  allReady();
  const accepted = [1, 2, 3].map((value) => engine.infer(request(value)));
  await settled();
  await assert.rejects(engine.infer(request(4)), faultOf('overloaded'));
  for (let turn = 0; turn < 3; turn++) {
    runners[0]!.finishOldest();
    await settled();
  }
  await Promise.all(accepted);
});

test('deadlines and callers that leave end a request with tensors as any other', async () => {
  const { engine, runners, allReady } = handEngine({});
  allReady();
  await assert.rejects(engine.infer(request(1, { deadlineMs: 20 })), faultOf('deadline_exceeded'));
  const leaving = new AbortController();
  const left = engine.infer(request(1, { signal: leaving.signal }));
  left.catch(() => {});
  await settled();
  leaving.abort();
  await assert.rejects(left, faultOf('cancelled'));
  assert.equal(runners[0]!.cancelled.length, 2);
});

test('tensors that end two workers are refused by their digest; others are not', async () => {
  const { engine, runners, refs } = handEngine({});
  runners[0]!.becomeReady(refs);
  const bad = engine.infer(request(6));
  bad.catch(() => {});
  await settled();
  runners[0]!.die('SIGSEGV');
  runners[1]!.becomeReady(refs);
  await settled();
  assert.equal(runners[1]!.ticketsInFlight, 1, 'it is tried once more');
  runners[1]!.die('SIGSEGV');
  await assert.rejects(bad, faultOf('worker_failed'));
  await assert.rejects(engine.infer(request(6)), faultOf('poison_input'));
  const good = engine.infer(request(7));
  await new Promise((resolve) => setTimeout(resolve, 250));
  runners[2]!.becomeReady(refs);
  await settled();
  runners[2]!.finishOldest();
  await good;
});

test('the signature is known once a worker has read the graph', async () => {
  const { engine, allReady } = handEngine({});
  assert.throws(() => engine.signature('face'), faultOf('model_not_ready'));
  await assert.rejects(engine.infer(request()), faultOf('model_not_ready'));
  allReady();
  assert.deepEqual(engine.signature('face').inputs, [{ name: 'x', type: 'float32', dims: [null, 2] }]);
  assert.throws(() => engine.signature('nobody'), faultOf('unknown_model'));
});
