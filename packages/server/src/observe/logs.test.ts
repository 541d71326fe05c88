import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Events, publish } from '../domain/events.ts';
import { createLogs, type LogOptions } from './logs.ts';

const request: Events['segserve:request'] = {
  requestId: 'r1',
  model: 'portrait:1',
  outcome: 'ok',
  totalMs: 20.123,
  timings: { queue: 1.26, decode: 2, preprocess: 3, infer: 4, postprocess: 5, encode: 6 },
  batchSize: 2,
  imageBytes: 100,
};

function collect(options: Pick<LogOptions, 'level' | 'format'>, act: () => void): string[] {
  const lines: string[] = [];
  const logs = createLogs({ ...options, destination: { write: (line) => lines.push(line) } });
  act();
  logs.close();
  publish('segserve:request', { ...request, requestId: 'after close' });
  return lines;
}

describe('logs', () => {
  it('have one JSON line for each request at info', () => {
    const lines = collect({ level: 'info', format: 'json' }, () => {
      publish('segserve:request', request);
      publish('segserve:batch', { model: 'portrait:1', size: 1, workerPid: 1 });
    });
    assert.equal(lines.length, 1);
    const { time, ...line } = JSON.parse(lines[0]!);
    assert.match(time, /^\d{4}-\d\d-\d\dT/);
    assert.deepEqual(line, {
      level: 'info',
      event: 'request',
      requestId: 'r1',
      model: 'portrait:1',
      outcome: 'ok',
      totalMs: 20.1,
      batchSize: 2,
      imageBytes: 100,
      timings: { queue: 1.3, decode: 2, preprocess: 3, infer: 4, postprocess: 5, encode: 6 },
      msg: 'request',
    });
  });

  it('have defects with their stack and cause at error, and the server’s own troubles too', () => {
    const lines = collect({ level: 'error', format: 'json' }, () => {
      publish('segserve:request', request);
      publish('segserve:defect', { where: 'here', error: new TypeError('broken', { cause: new Error('deeper') }) });
      publish('segserve:request', { ...request, outcome: 'worker_failed' });
      publish('segserve:worker', { pid: 7, event: 'died', detail: 'signal SIGSEGV' });
      publish('segserve:model', { model: 'a:1', event: 'failed', detail: 'no such file' });
    });
    assert.equal(lines.length, 4);
    assert.match(JSON.parse(lines[0]!).err.stack, /TypeError: broken\n\s+at .*logs\.test\.ts[\s\S]*deeper/);
    assert.equal(JSON.parse(lines[1]!).outcome, 'worker_failed');
    assert.equal(JSON.parse(lines[2]!).detail, 'signal SIGSEGV');
    assert.equal(JSON.parse(lines[3]!).state, 'failed');
  });

  it('are one readable line each at a terminal, with no room for forged lines', () => {
    const lines = collect({ level: 'info', format: 'pretty' }, () => {
      publish('segserve:request', { ...request, requestId: undefined, model: 'a\nINFO forged', timings: undefined });
    });
    assert.match(lines[0]!, /^\d\d:\d\d:\d\d\.\d{3} INFO {2}request model="a\\nINFO forged" outcome=ok totalMs=20\.1/);
    assert.equal(lines[0]!.split('\n').length, 2);
  });

  it('keep silent when told', () => {
    assert.deepEqual(
      collect({ level: 'silent', format: 'json' }, () => publish('segserve:defect', { where: '', error: 1 })),
      [],
    );
  });
});
