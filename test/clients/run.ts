import { spawn } from 'node:child_process';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

/**
 * `npm run test:clients`: programs that were not written by us, unmodified, against segserve. Sets up what they need in
 * test/clients/.cache (a Python environment, npm packages) and runs the tests. `--only NAME` runs one folder;
 * `--if-reachable` ends well, and says why, where Python or a registry cannot be had.
 */
const here = import.meta.dirname;
const cache = path.join(here, '.cache');
const venv = path.join(cache, 'venv');
const python = path.join(venv, 'bin/python');
const { values: flags } = parseArgs({
  options: { only: { type: 'string' }, 'if-reachable': { type: 'boolean', default: false } },
});

const folder = flags.only ?? '*';
const requirements = globSync(`${folder}/requirements.txt`, { cwd: here }).toSorted();
const packages = globSync(`${folder}/npm-packages.txt`, { cwd: here }).toSorted();
const tests = globSync(`${folder}/*.clients.ts`, { cwd: here }).toSorted();
if (tests.length === 0) throw new Error(`Expected tests in test/clients/${folder} but found none.`);

await mkdir(cache, { recursive: true });
try {
  if (requirements.length > 0) await preparePython();
  if (packages.length > 0) await prepareNpm();
} catch (error) {
  if (!flags['if-reachable']) throw error;
  console.log(`SKIPPED: the clients cannot be set up here: ${(error as Error).message}`);
  process.exit(0);
}
const files = tests.map((file) => path.join(here, file));
process.exitCode = await run(process.execPath, ['--test', '--test-reporter=spec', '--test-concurrency=1', ...files], {
  SEGSERVE_CLIENTS_VENV: venv,
  SEGSERVE_CLIENTS_NPM: cache,
});

async function preparePython(): Promise<void> {
  const wanted = requirements.map((file) => readFileSync(path.join(here, file), 'utf8')).join('\n');
  if (isDone('python', wanted)) return;
  await succeed('python3', ['-m', 'venv', venv]);
  const files = requirements.flatMap((file) => ['-r', path.join(here, file)]);
  await succeed(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...files]);
  await note('python', wanted);
}

async function prepareNpm(): Promise<void> {
  const wanted = packages.map((file) => readFileSync(path.join(here, file), 'utf8')).join('\n');
  if (isDone('npm', wanted)) return;
  await writeFile(path.join(cache, 'package.json'), '{"private":true}\n');
  const names = wanted.split('\n').filter((line) => line.trim() !== '');
  await succeed('npm', ['install', '--prefix', cache, '--no-audit', '--no-fund', '--no-save', ...names]);
  await note('npm', wanted);
}

function isDone(what: string, wanted: string): boolean {
  const file = path.join(cache, `${what}.done`);
  return existsSync(file) && readFileSync(file, 'utf8') === wanted;
}

function note(what: string, wanted: string): Promise<void> {
  return writeFile(path.join(cache, `${what}.done`), wanted);
}

async function succeed(command: string, args: readonly string[]): Promise<void> {
  const code = await run(command, args);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}.`);
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
    child.on('error', (error) => reject(new Error(`${command} cannot be started: ${error.message}`)));
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
  });
}
