import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { faultCodeList, type Problem } from '@segserve/contract';
import { type Events, subscribe } from '../../domain/events.ts';
import { Fault } from '../../domain/fault.ts';
import { eventually } from '../../transport/plainListener.test-support.ts';
import { RawClient } from '../../transport/rawClient.test-support.ts';
import { faultMeanings } from './faults.ts';
import { nativeServer, photo, postPhoto } from './nativeServer.test-support.ts';

const limits = { timeout: 20_000 };
const head = (length: number) =>
  `POST /v1/models/portrait/segment HTTP/1.1\r\nHost: x\r\nContent-Type: image/jpeg\r\nContent-Length: ${length}\r\n\r\n`;

describe('a fault of the engine', limits, () => {
  it('of every code is told with its status, its words and, where a retry helps, Retry-After', async () => {
    const { engine, segmentUrl } = await nativeServer();
    for (const code of faultCodeList) {
      engine.instead = () => Promise.reject(new Fault(code, 'In so many words.', { retryAfterMs: 1500 }));
      const reply = await postPhoto(segmentUrl);
      const problem = (await reply.json()) as Problem;
      assert.equal(reply.status, faultMeanings[code].status, code);
      assert.equal(problem.code, code);
      assert.equal(reply.headers.get('retry-after'), reply.status === 503 ? '2' : null);
      assert.equal(problem.detail === 'In so many words.', code !== 'internal', code);
    }
  });

  it('that is a defect is published with its cause and told without it', async () => {
    const { engine, segmentUrl } = await nativeServer();
    const defects: Events['segserve:defect'][] = [];
    const stop = subscribe('segserve:defect', (event) => defects.push(event));
    engine.instead = () => Promise.reject(new TypeError('secret /srv/path'));
    const reply = await postPhoto(segmentUrl);
    stop();
    assert.equal(reply.status, 500);
    assert.doesNotMatch(await reply.text(), /secret/);
    assert.match(String(defects[0]?.error), /secret/);
  });
});

describe('overload', limits, () => {
  it('is answered before the body is sent, with the Retry-After that the engine named last', async () => {
    const { engine, segmentUrl, port } = await nativeServer();
    engine.instead = () => Promise.reject(new Fault('overloaded', 'Full.', { retryAfterMs: 7000 }));
    assert.equal((await postPhoto(segmentUrl)).headers.get('retry-after'), '7');
    engine.busy = { ticketsQueued: 100, ticketsRunning: 44, ticketsMax: 144 };
    const before = engine.requests.length;
    const client = new RawClient(port).send(head(1_000_000));
    await client.until(/^HTTP\/1\.1 503 [\s\S]*retry-after: 7[\s\S]*overloaded/i);
    assert.equal(engine.requests.length, before);
    client.leave();
    engine.busy = {};
    engine.instead = undefined;
    assert.equal((await postPhoto(segmentUrl)).status, 200);
  });

  it('is believed for a moment while the queue is no shorter, then asked for again', async () => {
    const { engine, segmentUrl } = await nativeServer();
    engine.instead = () => Promise.reject(new Fault('overloaded', 'The queue is full.', { retryAfterMs: 3000 }));
    engine.busy = { ticketsQueued: 50 };
    await postPhoto(segmentUrl);
    const early = await postPhoto(segmentUrl);
    assert.match(await early.text(), /The queue is full/);
    assert.equal(engine.requests.length, 1);
    engine.busy = { ticketsQueued: 49 };
    await postPhoto(segmentUrl);
    assert.equal(engine.requests.length, 2);
    await new Promise((resolve) => setTimeout(resolve, 120));
    await postPhoto(segmentUrl);
    assert.equal(engine.requests.length, 3);
  });

  it('keeps the connection of a client that sends its body all the same', async () => {
    const { engine, port } = await nativeServer();
    engine.busy = { ticketsQueued: 144 };
    const client = new RawClient(port).send(head(100_000)).send(Buffer.alloc(100_000));
    await client.until(/overloaded/);
    engine.busy = {};
    client.send(head(photo.length)).send(photo);
    await client.until(/cutout as png/);
    client.leave();
  });
});

describe('a client that leaves', limits, () => {
  it('while it waits aborts the signal that the engine was given', async () => {
    const { engine, port, segmentUrl } = await nativeServer();
    engine.hold();
    const client = new RawClient(port).send(head(photo.length)).send(photo);
    await eventually(() => engine.requests.length === 1, 'the engine has it');
    assert.equal(engine.requests[0]!.signal?.aborted, false);
    client.leave();
    await eventually(() => engine.requests[0]!.signal?.aborted === true, 'the signal is aborted');
    engine.instead = undefined;
    assert.equal((await postPhoto(segmentUrl)).status, 200);
  });

  it('by closing its half while it waits aborts it too', async () => {
    const { engine, port } = await nativeServer();
    engine.hold();
    const client = new RawClient(port).send(head(photo.length)).send(photo);
    await eventually(() => engine.requests.length === 1, 'the engine has it');
    client.socket.end();
    await eventually(() => engine.requests[0]!.signal?.aborted === true, 'the signal is aborted');
  });

  it('while it uploads never reaches the engine, and is counted as cancelled', async () => {
    const { engine, port } = await nativeServer();
    const outcomes: string[] = [];
    const stop = subscribe('segserve:request', ({ outcome }) => outcomes.push(outcome));
    const client = new RawClient(port).send(head(100_000)).send(Buffer.alloc(50_000));
    await new Promise((resolve) => setTimeout(resolve, 50));
    client.leave();
    await eventually(() => outcomes.length === 1, 'the refusal is published');
    stop();
    assert.deepEqual(outcomes, ['cancelled']);
    assert.equal(engine.requests.length, 0);
  });

  it('after its answer aborts nothing', async () => {
    const { engine, segmentUrl } = await nativeServer();
    await (await postPhoto(segmentUrl, { connection: 'close' })).arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(engine.requests[0]!.signal?.aborted, false);
  });
});

describe('a request that the engine never sees', limits, () => {
  it('is published once, with the model and why it was refused', async () => {
    const { segmentUrl } = await nativeServer();
    const events: Events['segserve:request'][] = [];
    const stop = subscribe('segserve:request', (event) => events.push(event));
    await postPhoto(`${segmentUrl}?answer=mask`, { 'x-request-id': 'r1' });
    await postPhoto(segmentUrl);
    stop();
    assert.deepEqual(
      events.map(({ requestId, model, outcome, imageBytes }) => ({ requestId, model, outcome, imageBytes })),
      [{ requestId: 'r1', model: 'portrait:1', outcome: 'unknown_answer', imageBytes: 0 }],
    );
  });
});

describe('shutdown', limits, () => {
  it('finishes what the engine has accepted and closes the connection with it', async () => {
    const { engine, port, close } = await nativeServer();
    const held = engine.hold();
    const client = new RawClient(port).send(head(photo.length)).send(photo);
    await eventually(() => engine.requests.length === 1, 'the engine has it');
    const closed = close();
    held.release();
    assert.match(await client.rest(), /^HTTP\/1\.1 200 [\s\S]*connection: close[\s\S]*cutout as png/i);
    await closed;
  });
});
