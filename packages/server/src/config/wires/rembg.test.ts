import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RembgSettings } from '../../protocols/rembg/settings.ts';
import { rembgWireSchema } from './rembg.ts';

test('A rembg entry needs its name alone, and listens where `rembg s` does', () => {
  const settings: RembgSettings & { port: number } = rembgWireSchema.parse({ name: 'rembg' });
  assert.deepEqual(settings, { name: 'rembg', port: 7000, models: {} });
});

test('A rembg entry may name models, the usual one, and whether web pages may read replies', () => {
  const entry = {
    name: 'rembg',
    port: 0,
    models: { u2net_cloth_seg: 'clothes:2' },
    defaultModel: 'u2netp',
    cors: false,
  };
  assert.deepEqual(rembgWireSchema.parse(entry), entry);
});

test('A rembg entry refuses names that cannot be shown, and keys that mean nothing', () => {
  for (const wrong of [
    { models: { 'a|b': 'x' } },
    { models: { a: '' } },
    { defaultModel: '' },
    { threads: 2 },
    { port: -1 },
  ]) {
    assert.equal(rembgWireSchema.safeParse({ name: 'rembg', ...wrong }).success, false, JSON.stringify(wrong));
  }
});
