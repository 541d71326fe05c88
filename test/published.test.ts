import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { ask, segment } from './support/ask.ts';
import { examplePhoto, repository } from './support/repository.ts';
import { plainEnvironment, spawnServer } from './support/servers.ts';
import { temporaryFolder } from './support/temporaryFolder.ts';

const run = promisify(execFile);
const scratch = temporaryFolder();

/** The npm that belongs to the Node that runs these tests comes first. */
function npm(words: readonly string[], cwd: string): Promise<{ stdout: string }> {
  const env = plainEnvironment();
  env.PATH = `${path.dirname(process.execPath)}${path.delimiter}${env.PATH}`;
  return run('npm', words, { cwd, env, timeout: 120_000, maxBuffer: 2 ** 26 });
}

/**
 * What is needed to build, in a folder of its own: building writes dist/, README.md and LICENSE into packages/server,
 * and others may be working there.
 */
function stage(): string {
  const folder = temporaryFolder();
  for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'README.md', 'LICENSE']) {
    cpSync(path.join(repository, name), path.join(folder, name));
  }
  const skipped = /[\\/](node_modules|dist)$/;
  cpSync(path.join(repository, 'packages'), path.join(folder, 'packages'), {
    recursive: true,
    filter: (source) => !skipped.test(source),
  });
  const trained = globSync('models/portrait/*/model.yaml', { cwd: repository }).length > 0;
  for (const name of readdirSync(path.join(repository, 'models'))) {
    if (trained && name.startsWith('dev-')) continue; // a stand-in that is not part of the project
    cpSync(path.join(repository, 'models', name), path.join(folder, 'models', name), { recursive: true });
  }
  const modules = path.join(folder, 'node_modules');
  mkdirSync(path.join(modules, '@segserve'), { recursive: true });
  for (const name of readdirSync(path.join(repository, 'node_modules'))) {
    if (name === '@segserve' || name === 'segserve') continue;
    symlinkSync(path.join(repository, 'node_modules', name), path.join(modules, name));
  }
  symlinkSync(path.join(folder, 'packages/contract'), path.join(modules, '@segserve/contract'));
  symlinkSync(path.join(folder, 'packages/server'), path.join(modules, 'segserve'));
  return folder;
}

const unreachable = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|ENOTCACHED|E40[13]|E50\d/;

describe('The published package', { concurrency: false }, () => {
  /** An empty folder into which the tarball has been installed; undefined while it has not. */
  let home: string | undefined;
  let whyNot = 'it was not packed';
  let tarball: string | undefined;
  const version = JSON.parse(readFileSync(path.join(repository, 'packages/server/package.json'), 'utf8')).version;
  const command = () => path.join(home!, 'node_modules/segserve/bin/segserve.js');

  /** A test that needs the installed package. */
  function installed(title: string, body: () => Promise<void>): void {
    test(title, async (t) => {
      if (home === undefined) return t.skip(`not installed: ${whyNot}`);
      await body();
    });
  }

  test('packs its code with types and models, and neither sources nor tests', async () => {
    await npm(['pack', '--workspace', 'packages/server', '--pack-destination', scratch], stage());
    const [file] = readdirSync(scratch).filter((name) => name.endsWith('.tgz'));
    assert.equal(file, `segserve-${version}.tgz`);
    tarball = path.join(scratch, file!);
    const { stdout } = await run('tar', ['-tzf', tarball]);
    const files = stdout
      .trim()
      .split('\n')
      .map((name) => name.replace(/^package\//, ''));
    for (const wanted of [
      'package.json',
      'README.md',
      'LICENSE',
      'bin/segserve.js',
      'dist/index.js',
      'dist/index.d.ts',
    ]) {
      assert.ok(files.includes(wanted), `${wanted} is in it`);
    }
    assert.ok(files.some((name) => /^dist\/built-in-models\/.*\/model\.yaml$/.test(name)));
    const strange = files.filter((name) => /\.test\.|testSupport|test-support|testing\/|^src\//.test(name));
    assert.deepEqual(strange, []);
    // Nothing of the workspace may be asked of a registry: the contract travels inside.
    const { dependencies } = JSON.parse((await run('tar', ['-xzOf', tarball, 'package/package.json'])).stdout);
    assert.deepEqual(
      Object.keys(dependencies).filter((name) => name.startsWith('@segserve/')),
      [],
    );
  });

  test('installs into an empty folder', async (t) => {
    if (tarball === undefined) return t.skip(whyNot);
    const folder = path.join(scratch, 'home');
    mkdirSync(folder);
    writeFileSync(path.join(folder, 'package.json'), '{"name":"home","private":true,"type":"module"}');
    const words = ['--prefer-offline', '--no-audit', '--no-fund', '--onnxruntime-node-install=skip'];
    try {
      await npm(['install', ...words, tarball], folder);
    } catch (error) {
      const { stderr = '', killed = false } = error as { stderr?: string; killed?: boolean };
      const code = killed ? 'no end within two minutes' : unreachable.exec(stderr)?.[0];
      if (code === undefined) throw error;
      whyNot = `the registry cannot be reached (${code})`;
      return t.skip(whyNot);
    }
    assert.ok(existsSync(path.join(folder, 'node_modules/.bin/segserve')));
    home = folder;
  });

  installed('segserve --version tells its version', async () => {
    const { stdout } = await run(process.execPath, [command(), '--version'], { cwd: home, env: plainEnvironment() });
    assert.equal(stdout.trim(), version);
  });

  installed('segserve segment writes a PNG of the size of the photo', async () => {
    const output = path.join(home!, 'person.png');
    await run(process.execPath, [command(), 'segment', examplePhoto, '-o', output], {
      cwd: home,
      env: plainEnvironment(),
    });
    const [is, shall] = await Promise.all([sharp(output).metadata(), sharp(examplePhoto).metadata()]);
    assert.deepEqual([is.format, is.width, is.height, is.channels], ['png', shall.width, shall.height, 4]);
  });

  installed('segserve serve becomes ready, answers, and stops', async () => {
    const server = await spawnServer({ args: ['--workers', '1'], command: [process.execPath, command()], cwd: home! });
    assert.equal((await ask(`${server.address}/readyz`)).status, 200);
    const reply = await segment(
      server.address,
      'portrait',
      readFileSync(examplePhoto),
      'answer=alpha,stats&response=json',
    );
    assert.equal(reply.status, 200, reply.bytes.toString().slice(0, 300));
    assert.equal((await ask(`${server.address}/docs/static/swagger-ui.css`)).status, 200, 'the page has its files');
    server.kill('SIGTERM');
    assert.deepEqual(await server.exit, { code: 0, signal: null });
  });

  installed('a script imports it as a library', async () => {
    writeFileSync(
      path.join(home!, 'script.js'),
      `import { open, Fault } from 'segserve';
await using segserve = await open({ workers: Number(process.argv[3]) });
const { answers, width, height } = await segserve.segment(process.argv[2], { answer: ['cutout', 'stats'] });
const refusal = await segserve.segment(new Uint8Array([1, 2, 3])).catch((error) => error);
console.log(JSON.stringify([answers.map(({ kind }) => kind), width, height, refusal instanceof Fault && refusal.code]));
`,
    );
    const { width, height } = await sharp(examplePhoto).metadata();
    for (const workers of ['0', '1']) {
      const { stdout } = await run(process.execPath, ['script.js', examplePhoto, workers], {
        cwd: home,
        env: plainEnvironment(),
        timeout: 60_000,
      });
      assert.deepEqual(JSON.parse(stdout), [['cutout', 'stats'], width, height, 'unsupported_image']);
    }
  });

  installed('its types resolve and mean something', async () => {
    writeFileSync(
      path.join(home!, 'consumer.ts'),
      `import { type AnswerKind, type Fault, open, type SegmentResult } from 'segserve';
const kind: AnswerKind = 'cutout';
await using segserve = await open({ model: 'portrait', threads: 1 });
const result: SegmentResult = await segserve.segment('photo.jpg', { answer: [kind] });
const bytes: Uint8Array | undefined = result.answers[0]?.bytes;
// @ts-expect-error there is no such answer
await segserve.segment('photo.jpg', { answer: ['mask'] });
export const code = (error: Fault): string => error.code + bytes?.length;
`,
    );
    const options = {
      ...{ target: 'es2024', lib: ['es2024', 'esnext.disposable'], module: 'nodenext', moduleResolution: 'nodenext' },
      ...{ strict: true, noEmit: true, skipLibCheck: false, exactOptionalPropertyTypes: true },
      ...{ types: ['node'], typeRoots: [path.join(repository, 'node_modules/@types')] },
    };
    writeFileSync(
      path.join(home!, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }),
    );
    const tsc = path.join(repository, 'node_modules/typescript/bin/tsc');
    await run(process.execPath, [tsc, '-p', '.'], { cwd: home }).catch((error: { stdout: string }) => {
      assert.fail(error.stdout);
    });
  });
});
