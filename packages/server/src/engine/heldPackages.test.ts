import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ChainSpec } from '../domain/chainSpec.ts';
import type { ModelSpec } from '../domain/modelSpec.ts';
import type { Opened } from '../pipeline/opened.ts';
import { specNamed } from './engine.testSupport.ts';
import { failed, HeldPackages } from './heldPackages.ts';

/** Keeps a record of what is opened and closed; `bad` packages do not open. */
function recorded(bad: readonly string[] = []) {
  const events: string[] = [];
  const held = new HeldPackages(async (spec, parts) => {
    if (bad.includes(spec.ref)) return { report: failed(spec.ref, 'it is bad') };
    events.push(`open ${[spec.ref, ...parts.keys()].join(' ')}`);
    const model = { spec, close: async () => void events.push(`close ${spec.ref}`) } as unknown as Opened;
    const report = { ref: spec.ref, error: undefined, provider: 'cpu', fused: true, note: '', signature: undefined };
    return { model, report };
  });
  return { held, events };
}

function chainOf(name: string, ...parts: readonly ModelSpec[]): ModelSpec {
  const { manifest, look, ...rest } = { look: specNamed(name), ...specNamed(name) };
  return { ...rest, manifest: { ...manifest, task: 'chain' }, look, parts } as unknown as ChainSpec;
}

const [a, b] = [specNamed('a'), specNamed('b')];

test('a package is opened once, whoever asks for it and in whatever order', async () => {
  for (const order of [
    [a, b, chainOf('c', a, b), chainOf('d', b)],
    [chainOf('d', b), chainOf('c', a, b), b, a],
  ]) {
    const { held, events } = recorded();
    for (const spec of order) assert.equal((await held.hold(spec)).error, undefined);
    assert.deepEqual(events.toSorted(), ['open a:1', 'open b:1', 'open c:1 a:1 b:1', 'open d:1 b:1']);
  }
});

test('a package is closed when neither its name nor a chain holds it, the chain first', async () => {
  const { held, events } = recorded();
  const c = chainOf('c', a, b);
  for (const spec of [a, c]) await held.hold(spec);
  assert.equal(held.loaded('b:1'), undefined, 'only what was loaded by name answers');
  assert.ok(held.loaded('a:1') && held.loaded('c:1'));
  events.length = 0;
  await held.release('a:1');
  assert.equal(held.loaded('a:1'), undefined);
  assert.deepEqual(events, []);
  await held.release('c:1');
  assert.deepEqual(events, ['close c:1', 'close a:1', 'close b:1']);
  await held.release('c:1');
  assert.equal(events.length, 3, 'what is closed is not closed again');
});

test('a chain whose part fails leaves nothing open, and says which part it was', async () => {
  const { held, events } = recorded(['b:1']);
  const report = await held.hold(chainOf('outer', chainOf('c', a, b)));
  assert.equal(
    report.error,
    'c:1, of which it is made, did not load: b:1, of which it is made, did not load: it is bad',
  );
  assert.deepEqual(events, ['open a:1', 'close a:1']);
});

test('a chain that fails itself lets its parts go', async () => {
  const { held, events } = recorded(['c:1']);
  await held.hold(a);
  assert.equal((await held.hold(chainOf('c', a, b))).error, 'it is bad');
  assert.deepEqual(events, ['open a:1', 'open b:1', 'close b:1']);
});
