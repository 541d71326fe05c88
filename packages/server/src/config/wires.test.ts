import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fault } from '../domain/fault.ts';
import { configOf, loadConfig } from './loadConfig.ts';

const from = (env: Record<string, string>, flags: readonly string[] = []) =>
  loadConfig({
    env,
    cwd: '/nowhere',
    flags: flags.length === 0 ? [] : [{ key: 'wires', flag: '--wire', value: flags }],
  });

test('A wire is an object in the file, and name:port in flags and variables', async () => {
  const wires = [{ name: 'native', port: 9000 }];
  assert.deepEqual(configOf({ wires: [{ name: 'native', port: 9000 }] }).wires, wires);
  assert.deepEqual((await from({ SEGSERVE_WIRES: 'native:9000' })).config.wires, wires);
  assert.deepEqual((await from({}, ['native:9000'])).config.wires, wires);
});

test('Without a port a wire listens where its clients look for it', async () => {
  assert.deepEqual((await from({}, ['native'])).config.wires, [{ name: 'native', port: 8080 }]);
});

test('A mistake inside a wire is named by its place', () => {
  const complaint = (wire: object) => {
    try {
      configOf({ wires: [{ name: 'native' }, wire as never] });
    } catch (error) {
      assert.ok(error instanceof Fault);
      return error.message;
    }
    return assert.fail('expected a Fault');
  };
  assert.match(complaint({ name: 'native', port: 70_000 }), /^config: wires\[1\]\.port: .*65535/);
  assert.match(complaint({ name: 'native', prot: 1 }), /^config: wires\[1\]: .*prot/);
  assert.match(
    complaint({ name: 'mortread' }),
    /^config: wires\[1\]\.name: expected one of .*native.*, found "mortread"\.$/,
  );
});

test('An unknown wire on the command line is an error that lists the known ones', async () => {
  await assert.rejects(from({}, ['nativ:1']), /--wire: wires\[0\]\.name: expected one of .*native.*, found "nativ"/);
  await assert.rejects(from({}, ['native:x']), /--wire: wires\[0\]\.name: /);
});

test('What a wire demands of its address holds for the address of the listener too', () => {
  const wires = [{ name: 'mortred' as const, profile: 'c' as const }];
  assert.throws(
    () => configOf({ listen: { host: '0.0.0.0' }, wires }),
    /config: wires\[0\]\.strict\.authToken: expected strict\.authToken/,
  );
  assert.equal(configOf({ wires }).wires.length, 1);
});
