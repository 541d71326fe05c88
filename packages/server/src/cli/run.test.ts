import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { logLevels } from '../config/config.ts';
import { configKeys } from '../config/configKeys.ts';
import { Fault } from '../domain/fault.ts';
import { configFlags } from './configFlags.ts';
import { fakeContext } from './fakeContext.testSupport.ts';
import { buildProgram, everyCommand, pathOf } from './program.ts';
import { run } from './run.ts';

const program = buildProgram(fakeContext(), () => {});
const commands = everyCommand(program).map((command) => pathOf(command).split(' ').slice(1));

test('--version prints the version of package.json', async () => {
  const context = fakeContext();
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  assert.equal(await run(['--version'], context), 0);
  assert.equal(context.stdout.text, `${version}\n`);
});

for (const words of commands) {
  const line = ['segserve', ...words].join(' ');
  test(`"${line} --help" says what it does and gives examples that start with the command itself`, async () => {
    const context = fakeContext();
    assert.equal(await run([...words, '--help'], context), 0);
    assert.match(context.stdout.text, new RegExp(`^Usage: ${line}`));
    const [, examples = ''] = context.stdout.text.split('\nExamples:\n');
    assert.ok(examples.split('\n').filter((example) => example.includes(line) && example.includes('  # ')).length > 0);
    assert.equal(context.stderr.text, '');
  });
}

test('Without a command the help goes to standard error, as wrong usage', async () => {
  const context = fakeContext();
  assert.equal(await run([], context), 2);
  assert.match(context.stderr.text, /^Usage: segserve/);
});

test('An unknown command or option is one line with the nearest known one', async () => {
  const cases: [string[], string][] = [
    [['segmnt'], `segserve: unknown command 'segmnt'. Did you mean segment? See "segserve --help".\n`],
    [
      ['serve', '--prot', '1'],
      `segserve: unknown option '--prot'. Did you mean --port? See "segserve serve --help".\n`,
    ],
    [['serve', '--port'], `segserve: option '-p, --port <number>' argument missing. See "segserve serve --help".\n`],
    [
      ['serve', 'now'],
      `segserve: too many arguments for 'serve'. Expected 0 arguments but got 1. See "segserve serve --help".\n`,
    ],
  ];
  for (const [words, expected] of cases) {
    const context = fakeContext();
    assert.equal(await run(words, context), 2);
    assert.equal(context.stderr.text, expected);
  }
});

test('Every mistake in the configuration is a line of its own', async () => {
  const context = fakeContext({ env: { SEGSERVE_LISTEN_PORT: 'x', SEGSERVE_ENGINE_GRACE_MS: 'y' } });
  assert.equal(await run(['config'], context), 2);
  assert.deepEqual(
    context.stderr.lines.map((line) => line.split(': ').slice(0, 3)),
    [
      ['segserve', 'SEGSERVE_ENGINE_GRACE_MS', 'engine.graceMs'],
      ['segserve', 'SEGSERVE_LISTEN_PORT', 'listen.port'],
    ],
  );
});

test('A failure is one line without a stack; --verbose adds the stack', async () => {
  const services = { findModels: () => Promise.reject(new Error('the roof leaks')) };
  const context = fakeContext({ services });
  assert.equal(await run(['models'], context), 1);
  assert.equal(
    context.stderr.text,
    'segserve: Internal error: the roof leaks. Run again with --verbose and report what it prints.\n',
  );
  const verbose = fakeContext({ services });
  await run(['models', 'list', '--verbose'], verbose);
  assert.match(verbose.stderr.text, /\n {4}at /);
});

test('A fault keeps its sentence, and wrong usage its exit code', async () => {
  const fails = (fault: Fault) => ({ services: { findModels: () => Promise.reject(fault) } });
  const invalid = fakeContext(fails(new Fault('worker_failed', 'The worker died twice.')));
  assert.equal(await run(['models'], invalid), 1);
  assert.match(invalid.stderr.text, /^segserve: The worker died twice\.\n$/);
});

test('The process is named after its command', async () => {
  const context = fakeContext();
  await run(['models'], context);
  assert.equal(context.events[0], 'title segserve models list');
});

test('Every flag sets a key that exists, and offers the words that the key takes', () => {
  for (const { key } of Object.values(configFlags)) assert.ok(configKeys.has(key), key);
  assert.deepEqual(configFlags.logLevel.choices, logLevels);
});

test('"config" shows each key with its value, source and variable, and flags count', async () => {
  const context = fakeContext({ env: { SEGSERVE_LOG_LEVEL: 'debug' } });
  assert.equal(await run(['config', '--port', '9000', '--models', 'a', '--models', 'b'], context), 0);
  const rows = context.stdout.lines.map((line) => line.split(/ {2,}/));
  const row = (key: string) => rows.find(([name]) => name === key);
  assert.deepEqual(row('listen.port'), ['listen.port', '9000', '--port', 'SEGSERVE_LISTEN_PORT']);
  assert.deepEqual(row('log.level'), ['log.level', 'debug', 'SEGSERVE_LOG_LEVEL', 'SEGSERVE_LOG_LEVEL']);
  assert.deepEqual(row('models'), ['models', '/nowhere/a, /nowhere/b', '--models', 'SEGSERVE_MODELS']);
});

test('"config --schema" prints the JSON Schema of segserve.yaml', async () => {
  const context = fakeContext();
  await run(['config', '--schema'], context);
  assert.equal(JSON.parse(context.stdout.text).title, 'segserve.yaml');
});
