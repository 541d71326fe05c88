import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const source = path.resolve(import.meta.dirname, '../packages/server/src');

/** What each folder of the server may import besides itself. ARCHITECTURE.md says why. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  graph: ['domain'],
  models: ['domain', 'graph'],
  pipeline: ['domain', 'graph'],
  engine: ['domain', 'models', 'pipeline'],
  protocols: ['domain'],
  transport: ['domain'],
  observe: ['domain'],
  config: ['domain'],
  cli: ['domain', 'config', 'graph', 'models', 'engine', 'protocols', 'server.ts', 'ownVersion.ts'],
};

/** Packages that only these folders may know. */
const keepers: Readonly<Record<string, readonly string[]>> = {
  sharp: ['pipeline'],
  'onnxruntime-node': ['pipeline'],
  '@bufbuild/protobuf': ['graph', 'protocols'],
  '@grpc/grpc-js': ['transport'],
  'prom-client': ['observe', 'protocols'], // a wire's own metrics have that wire's own names
  'ipaddr.js': ['sources'],
  pino: ['observe'],
  commander: ['cli'],
};

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
  readonly typeOnly: boolean;
}

function imports(): Import[] {
  return globSync('**/*.ts', { cwd: source })
    .filter((file) => !/\.(test|testSupport|test-support)\.ts$/.test(file) && !/(^|\/)(testing|gen)\//.test(file))
    .flatMap((file) => {
      const text = readFileSync(path.join(source, file), 'utf8');
      const folder = file.split(path.sep)[0]!;
      const found = text.matchAll(/^\s*(?:import|export)\s+(type\s)?[^;'"]*?from\s+'([^']+)'|import\('([^']+)'\)/gm);
      return [...found].map(([, typeOnly, from, dynamic]) => ({
        file,
        folder,
        target: from ?? dynamic!,
        typeOnly: typeOnly !== undefined,
      }));
    });
}

test('each folder of the server imports only from the folders that stand above it', () => {
  const all = imports();
  assert.ok(all.length > 100, 'the imports were found');
  const wrong = all.filter(({ file, folder, target }) => {
    if (!target.startsWith('.') || !(folder in arrows)) return false;
    const to = path.relative(source, path.resolve(source, path.dirname(file), target)).split(path.sep)[0]!;
    return to !== folder && !arrows[folder]!.includes(to);
  });
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} imports ${target}`),
    [],
  );
});

test('a wire never imports another wire', () => {
  const wrong = imports().filter(({ file, target }) => {
    const [folder, wire] = file.split(path.sep);
    if (folder !== 'protocols' || !target.startsWith('.')) return false;
    const [to, other] = path.relative(source, path.resolve(source, path.dirname(file), target)).split(path.sep);
    return to === 'protocols' && other !== wire && other !== 'wire';
  });
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} imports ${target}`),
    [],
  );
});

test('native libraries and other keepers’ packages are imported by their one folder', () => {
  const wrong = imports().filter(({ folder, target, typeOnly }) => {
    const keeper = keepers[target];
    return keeper !== undefined && !keeper.includes(folder) && !typeOnly;
  });
  assert.deepEqual(
    wrong.map(({ file, target }) => `${file} imports ${target}`),
    [],
  );
});
