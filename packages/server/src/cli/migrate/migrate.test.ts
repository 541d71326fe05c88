import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../config/loadConfig.ts';
import { fakeContext } from '../fakeContext.testSupport.ts';
import { run } from '../run.ts';
import { migrate } from './migrate.ts';
import { migratedYaml } from './migratedYaml.ts';
import type { OldConfigReader } from './migration.ts';

let cwd = '';
before(async () => {
  cwd = await mkdtemp(path.join(os.tmpdir(), 'segserve-migrate-'));
  await writeFile(path.join(cwd, 'old.ini'), 'port = 9070\nthreads = 3\n');
  await writeFile(path.join(cwd, 'weights.bin'), Buffer.from([0xff, 0xfe, 0x00]));
});
after(() => rm(cwd, { recursive: true }));

const ini: OldConfigReader = {
  title: 'an ini of a test',
  recognises: ({ text }) => text.includes('port ='),
  migrate: async ({ text }) => ({
    config: { wires: [{ name: 'native', port: Number(/port = (\d+)/.exec(text)?.[1]) }] },
    notes: [{ key: 'threads', says: 'planned from the cores.' }],
  }),
};

test('The first reader that recognises a file reads it, and the notes become comments of the YAML', async () => {
  const other: OldConfigReader = { ...ini, title: 'another', recognises: () => false };
  const migrated = await migrate('old.ini', cwd, [other, ini]);
  assert.equal(
    migratedYaml(migrated, 'old.ini'),
    '# Made from old.ini (an ini of a test).\n# threads: planned from the cores.\nwires:\n  - name: native\n    port: 9070\n',
  );
});

test('What nobody recognises is an error that lists what is understood', async () => {
  await assert.rejects(migrate('old.ini', cwd, [{ ...ini, recognises: () => false }]), /one of an ini of a test/);
});

test('A missing file and a file of weights are told apart from a configuration', async () => {
  await assert.rejects(migrate('nothing.ini', cwd, [ini]), /Expected a configuration file .* nothing there/);
  await assert.rejects(migrate('weights.bin', cwd, [ini]), /UTF-8 text/);
});

test('The migrated configuration lies under file, variables and flags', async () => {
  const { config: source } = await migrate('old.ini', cwd, [ini]);
  const base = { source, name: 'old.ini', folder: cwd };
  const plain = await loadConfig({ env: {}, cwd, base });
  assert.equal(plain.config.wires[0]?.port, 9070);
  assert.deepEqual(plain.origins.get('wires'), { source: 'code', name: 'old.ini' });
  const overruled = await loadConfig({ env: { SEGSERVE_WIRES: 'native:1' }, cwd, base });
  assert.equal(overruled.config.wires[0]?.port, 1);
});

test('The command says in one line what it cannot read', async () => {
  const context = fakeContext({ cwd });
  assert.equal(await run(['migrate', 'weights.bin'], context), 2);
  assert.match(context.stderr.text, /^segserve: Expected weights\.bin to be UTF-8 text/);
  const serving = fakeContext({ cwd });
  assert.equal(await run(['serve', '--from', 'nothing.ini'], serving), 2);
  assert.match(serving.stderr.text, /nothing there/);
});
