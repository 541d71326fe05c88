import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import os from 'node:os';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../../bin/segserve.js', import.meta.url));
const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SEGSERVE_')));

/** The command as a shell runs it, with `$SEGSERVE` standing for it. */
function shell(line: string) {
  const env = { ...clean, SEGSERVE: `${process.execPath} ${bin}` };
  return spawnSync('sh', ['-c', line], { encoding: 'utf8', env, cwd: os.tmpdir() });
}

test('The command runs when its file is executed', () => {
  const { status, stdout, stderr } = shell('$SEGSERVE --version');
  assert.equal(status, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\S*\n$/);
  assert.equal(stderr, '');
});

test('Wrong usage reaches the shell as 2', () => {
  const { status, stderr } = shell('$SEGSERVE segment /nowhere.jpg');
  assert.equal(status, 2);
  assert.equal(stderr, 'segserve: "/nowhere.jpg" does not exist. Check the path.\n');
});

test('A reader that leaves early is no error', () => {
  const { stderr } = shell('for i in 1 2 3; do $SEGSERVE config --schema; done | head -c 1');
  assert.equal(stderr, '');
});

test('A full disk is one line', { skip: existsSync('/dev/full') ? false : 'no /dev/full here' }, () => {
  const { status, stderr } = shell('$SEGSERVE config > /dev/full');
  assert.equal(status, 1);
  assert.equal(stderr, 'segserve: The disk is full. Free some space and run again.\n');
});

test('Help, version and completion load neither the engine nor the schemas', () => {
  const { stdout } = shell(
    `${process.execPath} --input-type=module -e '
      import { registerHooks } from "node:module";
      registerHooks({ load: (url, context, next) => (console.log(url), next(url, context)) });
      process.argv = [process.argv[0], "segserve", "segment", "--help"];
      await import("${bin}");'`,
  );
  assert.match(stdout, /Usage: segserve segment/);
  assert.doesNotMatch(stdout, /node_modules\/(zod|yaml|sharp|onnxruntime-node|fastify|pino)\//);
});
