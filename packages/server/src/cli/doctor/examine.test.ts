import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { fakeContext } from '../fakeContext.testSupport.ts';
import { run } from '../run.ts';
import { checkMemory } from './checkMemory.ts';
import { checkPort } from './checkPort.ts';
import { checkTemporaryFolder } from './checkTemporaryFolder.ts';
import { checkNode } from './checkVersions.ts';
import { samplePicture } from './samplePicture.ts';

const gib = 2 ** 30;

test('A healthy machine gives a line for each check and 0', async () => {
  const context = fakeContext();
  assert.equal(await run(['doctor', '--port', '0'], context), 0, context.stdout.text);
  const names = context.stdout.lines.map((line) => line.slice(6, 22).trim());
  assert.deepEqual(names, [
    'segserve',
    'node',
    'onnxruntime',
    'sharp',
    'libvips',
    'memory',
    'temporary files',
    'configuration',
    'cores',
    'port',
    'models',
    'first mask',
  ]);
  assert.match(
    context.stdout.text,
    /^ok {4}cores {12}2 usable \(2 cores in the machine\); plan: workers × threads = 1 × 2$/m,
  );
  assert.match(context.stdout.text, /^warn {2}models .* Not for commercial use: street:1\.$/m);
  assert.match(
    context.stdout.text,
    /^ok {4}first mask {7}portrait:1: loaded in \d+ ms, first mask after \d+ ms more \(cpu; /m,
  );
});

test('A failed check makes the exit code 1 and says what to do', async () => {
  const openEngine = () => Promise.reject(new Error('libonnxruntime.so.1 is missing'));
  const context = fakeContext({ services: { openEngine } });
  assert.equal(await run(['doctor', '--port', '0', '--json'], context), 1);
  const checks: { name: string; level: string; todo?: string }[] = JSON.parse(context.stdout.text);
  const failed = checks.filter(({ level }) => level === 'fail');
  assert.deepEqual(
    failed.map(({ name }) => name),
    ['first mask'],
  );
  assert.ok(checks.every(({ level, todo }) => level === 'ok' || todo));
});

test('A wrong configuration is a failed check, not an end without a word', async () => {
  const context = fakeContext({ env: { SEGSERVE_LISTEN_PORT: 'x' } });
  assert.equal(await run(['doctor'], context), 1);
  assert.match(context.stdout.text, /^fail {2}configuration {4}SEGSERVE_LISTEN_PORT: listen\.port: expected/m);
});

test('A port that another program holds is a failed check', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  const check = await checkPort({ host: '127.0.0.1', port });
  await new Promise((resolve) => other.close(resolve));
  assert.equal(check.level, 'fail');
  assert.match(check.todo ?? '', /Choose one with --port/);
});

test('Little memory is a warning, and a cgroup limit is named', () => {
  assert.equal(checkMemory(8 * gib, 0, 4 * gib).level, 'ok');
  const tight = checkMemory(8 * gib, gib, gib / 2);
  assert.equal(tight.level, 'warn');
  assert.equal(tight.says, '512 MiB available of a cgroup limit of 1 GiB.');
});

test('A folder for temporary files that is not there is a failed check', async () => {
  assert.equal((await checkTemporaryFolder()).level, 'ok');
  assert.equal((await checkTemporaryFolder(path.join('/nowhere', 'at', 'all'))).level, 'fail');
});

test('An old Node is a failed check', () => {
  assert.equal(checkNode('22.18.0').level, 'ok');
  assert.equal(checkNode('24.0.0').level, 'ok');
  assert.equal(checkNode('22.17.1').level, 'fail');
  assert.equal(checkNode('20.19.0').level, 'fail');
});

test('The sample picture is a PNG of the size asked for', () => {
  const picture = Buffer.from(samplePicture(20, 10));
  assert.equal(picture.toString('latin1', 1, 4), 'PNG');
  assert.equal(picture.readUInt32BE(16), 20);
  assert.equal(picture.readUInt32BE(20), 10);
});
